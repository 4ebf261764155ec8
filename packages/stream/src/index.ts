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
export { BatchFormatError, decodeBatch, encodeBatch } from './batch-codec.ts'
