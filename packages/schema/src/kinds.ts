/**
 * The table of event kinds. Types, JSON Schema, validators, the filling of columns, and the
 * reference pages all follow from it; adding a kind or a field is adding data here.
 * Kinds and fields only grow: a field's type never changes.
 */

import { COST_KINDS } from './kinds/cost.ts'
import { EXECUTION_KINDS } from './kinds/execution.ts'
import { GOVERNANCE_KINDS } from './kinds/governance.ts'
import { METRIC_KINDS } from './kinds/metric.ts'
import { SECURITY_KINDS } from './kinds/security.ts'
import { SERVICE_KINDS } from './kinds/service.ts'
import { TELEMETRY_KINDS } from './kinds/telemetry.ts'

export { COMMON_FIELDS } from './kinds/common.ts'
export type { Family, FieldSpec, FieldType, KindSpec } from './kinds/field.ts'
export { CALL_STATUSES, CONTENT_FIELDS, FAMILIES, SEVERITIES } from './kinds/field.ts'

export const KINDS = [
  ...TELEMETRY_KINDS,
  ...METRIC_KINDS,
  ...SECURITY_KINDS,
  ...COST_KINDS,
  ...GOVERNANCE_KINDS,
  ...EXECUTION_KINDS,
  ...SERVICE_KINDS,
] as const

export type KindName = (typeof KINDS)[number]['kind']
