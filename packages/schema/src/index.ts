export type { ColumnSpec, ColumnType, EventColumnName } from './columns.ts'
export {
  COMMON_COLUMNS,
  DERIVED_COLUMNS,
  EVENT_COLUMNS,
  PAYLOAD_COLUMNS,
  REJECT_COLUMNS,
  SYSTEM_COLUMNS,
} from './columns.ts'
export type { ErrorCode, ErrorSpec, EventErrorCode, RequestErrorCode } from './error.ts'
export { ERRORS, errorSpec } from './error.ts'
export type { ErrorExample, ErrorNote } from './error-notes.ts'
export { ERROR_NOTES } from './error-notes.ts'
export type { JsonSchema } from './json-schema.ts'
export { eventJsonSchema } from './json-schema.ts'
export type { Common, PayloadOf, WireEvent } from './kinds/event-types.ts'
export type { Family, FieldSpec, FieldType, KindName, KindSpec } from './kinds.ts'
export {
  CALL_STATUSES,
  COMMON_FIELDS,
  CONTENT_FIELDS,
  FAMILIES,
  KINDS,
  SEVERITIES,
} from './kinds.ts'
export { nearestName } from './nearest-name.ts'
export type {
  Answer,
  AnswerColumn,
  AnswerMeta,
  Cell,
  Fill,
  Filter,
  FilterOp,
  MeasureRef,
  Question,
  Step,
  Where,
} from './question.ts'
export { STEPS } from './question.ts'
export { epochToMicros, formatIsoMicros, parseIsoMicros } from './time.ts'
export type {
  InvalidEvent,
  Validation,
  ValidationContext,
  ValidationLimits,
  ValidEvent,
} from './validate.ts'
export {
  DEFAULT_FUTURE_TOLERANCE,
  DEFAULT_VALIDATION_LIMITS,
  SCHEMA_MAJOR,
  USAGE_SHORTHAND,
  validateEvent,
} from './validate.ts'
