import type { RequestErrorCode } from '@llmhub/schema'
import type { MaintenanceFailure } from '../maintenance/operations.ts'
import { type Problem, problem, retryAfter } from './problems.ts'

/** What a route that begins an act of maintenance may answer when the act fails. */
export const MAINTENANCE_PROBLEMS = [
  'disk_full',
  'storage_failed',
  'store_rebuilding',
] as const satisfies readonly RequestErrorCode[]

/** The answer to an act of maintenance that did not come to its end: it can be begun again. */
export function maintenanceProblem(
  failure: MaintenanceFailure,
  message: string,
  random: () => number,
): Problem {
  const code = codeOf(failure)
  return problem(code, message, retryAfter(code, random))
}

function codeOf(failure: MaintenanceFailure): (typeof MAINTENANCE_PROBLEMS)[number] {
  if (failure === 'disk_full') return 'disk_full'
  return failure === 'closed' ? 'storage_failed' : 'store_rebuilding'
}
