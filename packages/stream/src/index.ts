export type {
  Aggregate,
  AggregateInput,
  AggregateNeeds,
  AggregateSpec,
  Aggregates,
  States,
} from './aggregate/aggregate.ts'
export { AGGREGATES, aggregateNamed, prepareAggregate } from './aggregate/aggregates.ts'
export type { Formula } from './aggregate/composite.ts'
export type { AggregateDefinition } from './aggregate/define-aggregate.ts'
export { defineAggregate } from './aggregate/define-aggregate.ts'
export type { PreparedAggregates, PreparedStates } from './aggregate/prepare-aggregates.ts'
export { prepareAggregates } from './aggregate/prepare-aggregates.ts'
export type { Scalar } from './aggregate/scalar.ts'
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
} from './batch/batch.ts'
export { hasValue, isValid, numberAt, textAt } from './batch/batch.ts'
export {
  BatchBuilder,
  DictWriter,
  Int64Writer,
  NumberWriter,
  TagsWriter,
  TextWriter,
  validityBytes,
} from './batch/batch-builder.ts'
export { BATCH_VERSION, BatchFormatError, decodeBatch, encodeBatch } from './batch/batch-codec.ts'
export { ERASED_COLUMN, eraseRows, isErased } from './batch/erase-rows.ts'
export { ByteReader, ByteWriter } from './bytes.ts'
export type {
  IntervalJoinOptions,
  JoinType,
  Pair,
  WindowJoinOptions,
  WindowPair,
} from './pipeline/join.ts'
export { intervalJoin, windowJoin } from './pipeline/join.ts'
export type {
  LateRecord,
  PipelineOptions,
  PipelineStatistics,
  PushTo,
} from './pipeline/pipeline.ts'
export { Pipeline } from './pipeline/pipeline.ts'
export type {
  ProcessContext,
  ProcessFunction,
  ProcessInput,
  ProcessOptions,
  ProcessResult,
  ProcessStatistics,
} from './pipeline/process-operator.ts'
export { ProcessOperator } from './pipeline/process-operator.ts'
export type { PlainRecord } from './pipeline/records.ts'
export { batchesOf } from './pipeline/records.ts'
export type { Cell, Row } from './pipeline/row.ts'
export type { Stage, StreamOptions } from './pipeline/stage.ts'
export type { AggregateChoice, ProcessSettings } from './pipeline/stream.ts'
export { KeyedStream, Stream, stream, WindowedStream } from './pipeline/stream.ts'
export type { Key } from './state/key-dictionary.ts'
export { OVERFLOW_KEY } from './state/value-ids.ts'
export type { StreamErrorCode } from './stream-error.ts'
export { StreamError } from './stream-error.ts'
export type { BucketEdges, BucketRequest, CalendarStep } from './time/calendar.ts'
export {
  bucketEdges,
  bucketStart,
  CALENDAR_STEPS,
  MAX_BUCKETS,
  parseStep,
  stepMicros,
} from './time/calendar.ts'
export type { Duration } from './time/duration.ts'
export { parseDuration } from './time/duration.ts'
export type { ParsedTime } from './time/parse-time.ts'
export { parseTime } from './time/parse-time.ts'
export type { TimeUnit } from './time/time.ts'
export { BEGINNING_OF_TIME, END_OF_TIME } from './time/time.ts'
export type { OffsetSegment, OffsetSegments } from './time/time-zone.ts'
export { offsetSegments } from './time/time-zone.ts'
export type { TriggerSpec } from './trigger/trigger-spec.ts'
export { DEFAULT_TRIGGER } from './trigger/trigger-spec.ts'
export {
  afterCount,
  afterProcessingTime,
  afterWatermark,
  allOf,
  everyEventTime,
  everyProcessingTime,
  firstOf,
  inTurn,
  never,
  orFinally,
  repeatedly,
} from './trigger/triggers.ts'
export type { CombinedChange } from './watermark/combined-watermark.ts'
export { CombinedWatermark } from './watermark/combined-watermark.ts'
export { IdleClock } from './watermark/idle-clock.ts'
export type { AdmittedRows, SourceWatermarkOptions } from './watermark/source-watermarks.ts'
export { SourceWatermarks } from './watermark/source-watermarks.ts'
export type { WatermarkSpec } from './watermark/watermark-generator.ts'
export { WatermarkGenerator } from './watermark/watermark-generator.ts'
export type { LateReason, Pane, WindowResult } from './window/window-core.ts'
export type {
  LateEvent,
  OperatorStatistics,
  WindowOperator,
  WindowOperatorOptions,
} from './window/window-operator.ts'
export { createWindowOperator, restoreWindowOperator } from './window/window-operator.ts'
export type { WindowingSpec, WindowSpec } from './window/window-spec.ts'
export {
  allTime,
  calendar,
  cumulate,
  everyCount,
  hopping,
  session,
  sliding,
  tumbling,
} from './window/windows.ts'
