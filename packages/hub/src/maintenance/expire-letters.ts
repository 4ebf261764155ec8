import type { Clock } from '../core/clock.ts'
import { allProjects } from '../core/scope.ts'
import { DEAD_LETTERS } from '../log/operation.ts'
import type { AskLetters } from '../store/letters.ts'
import { type ActTools, type Maintenance, MaintenanceError } from './operations.ts'

const DAY = 86_400_000_000

/** Projects whose letters must be kept, whatever their age. */
export type HeldProjects = () => ReadonlySet<string>

/**
 * Lets dead letters end that are older than `days`: one `retain` operation per project that has any,
 * so that a project on hold is left out and nothing is written where there is nothing to end.
 *
 * @param now epoch microseconds
 * @returns the projects whose letters were ended
 * @throws MaintenanceError when the store cannot tell now
 */
async function expireLetters(
  tools: ActTools,
  ask: AskLetters,
  { days, now, held }: { readonly days: number; readonly now: number; readonly held: HeldProjects },
): Promise<readonly string[]> {
  const before = now - days * DAY
  const outcome = await ask({ type: 'oldest' }, allProjects(), tools.signal)
  if (!outcome.ok) throw new MaintenanceError(outcome.failure, outcome.message)
  const kept = held()
  const projects = outcome.answer.oldest
    .filter(({ project, receivedAt }) => receivedAt < before && !kept.has(project))
    .map(({ project }) => project)
  for (const project of projects) {
    const head = tools.head(outcome.answer.position)
    const appended = await tools.append({
      op: 'retain',
      project,
      family: DEAD_LETTERS,
      from: null,
      before,
      ...head,
    })
    if (!appended.ok) throw new MaintenanceError('stopped', appended.message)
    if (!(await tools.untilApplied(appended.appended))) break
  }
  return projects
}

export interface ExpiryParts {
  readonly clock: Clock
  readonly maintenance: Pick<Maintenance, 'run'>
  readonly ask: AskLetters
  readonly held: HeldProjects
  readonly onError: (error: Error) => void
}

/** How often it is looked whether letters have grown too old. */
const EVERY_MS = 600_000

/** Ends letters as they grow older than `days`, now and then; answers how to stop. */
export function keepLettersExpiring(parts: ExpiryParts, days: number): () => void {
  const { clock, maintenance, ask, held, onError } = parts
  return clock.every(EVERY_MS, () => {
    maintenance
      .run(null, (tools) => expireLetters(tools, ask, { days, now: clock.nowMicros(), held }))
      .catch((error: unknown) => {
        // A store that is being rebuilt, or a hub that stops, is asked again or not at all.
        if (error instanceof MaintenanceError) return
        onError(error instanceof Error ? error : new Error(String(error)))
      })
  })
}
