import type { LiveDefinition } from './live.ts'
import type { KeptPlan, MeasurePlan } from './plan.ts'

/** A definition that was checked and planned. */
export interface Compiled {
  readonly definition: LiveDefinition
  readonly plan: MeasurePlan
  readonly kept: KeptPlan
}
