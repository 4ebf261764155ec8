export type {
  Aggregate,
  AggregateInput,
  AggregateNeeds,
  AggregateSpec,
  States,
  TimeUnit,
} from './aggregate/aggregate.ts'
export { AGGREGATES, aggregateNamed, prepareAggregate } from './aggregate/aggregates.ts'
export type {
  Batch,
  BatchColumnSpec,
  BatchColumnType,
  Column,
  DictColumn,
  Int64Column,
  NumberColumn,
  TagsColumn,
  TextColumn,
  Validity,
} from './batch.ts'
export { hasValue, numberAt, textAt } from './batch.ts'
export {
  BatchBuilder,
  DictWriter,
  Int64Writer,
  NumberWriter,
  TagsWriter,
  TextWriter,
  validityBytes,
} from './batch-builder.ts'
export { BATCH_VERSION, BatchFormatError, decodeBatch, encodeBatch } from './batch-codec.ts'
export { ByteReader, ByteWriter } from './bytes.ts'
export type { BucketEdges, BucketRequest, CalendarStep } from './calendar.ts'
export {
  bucketEdges,
  bucketStart,
  CALENDAR_STEPS,
  MAX_BUCKETS,
  parseStep,
  stepMicros,
} from './calendar.ts'
export { ERASED_COLUMN, eraseRows, isErased } from './erase-rows.ts'
export type { ParsedTime } from './parse-time.ts'
export { parseTime } from './parse-time.ts'
export type { StreamErrorCode } from './stream-error.ts'
export { StreamError } from './stream-error.ts'
export type { Duration } from './time/duration.ts'
export type { OffsetSegment, OffsetSegments } from './time-zone.ts'
export { offsetSegments } from './time-zone.ts'
export type { TriggerSpec } from './trigger/trigger-spec.ts'
