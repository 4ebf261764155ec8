import { answersTo, differences, type Range } from '../schedules/compare.ts'
import { type Fate, Model } from '../schedules/model.ts'
import { applyStep, type PlannedStep, planSchedule, type Step } from '../schedules/plan.ts'
import { Site } from '../schedules/site.ts'
import { inFolder } from '../support/folder.ts'
import { verifyAll } from '../support/reports.ts'
import { mixSeed } from '../support/seeded.ts'
import { demandNone, FaultFound } from './fault-found.ts'

/**
 * Random schedules of everything that can be done to a hub, held against a plain model after every
 * step. A schedule is a function of its seed and the time it begins, and both are told when it fails:
 * `npm run test:faults -- --only schedules --seed S --first N --cycles 1 --steps K --now T` lives
 * it again, up to the step that failed.
 */

export interface ScheduleOptions {
  readonly seed: number
  /** Number of the first schedule. Default 0. */
  readonly first?: number
  readonly schedules: number
  /** Default 16. */
  readonly steps?: number
  /** Epoch milliseconds. Default: now, in whole hours. */
  readonly now?: number
  readonly onSchedule?: (done: number) => void
}

export interface ScheduleReport {
  readonly schedules: number
  readonly steps: number
  readonly events: number
  readonly letters: number
  /** How often each act was done, and how often the hub was killed in the middle of one. */
  readonly acts: Readonly<Record<string, number>>
  readonly interrupted: number
}

const STEPS = 16
const DAY = 86_400_000
const HOUR = 3_600_000
/** Acts after which every answer has to be the same to the byte. */
const WITHOUT_EFFECT: ReadonlySet<Step['act']> = new Set([
  'compact',
  'restart',
  'kill',
  'rebuild',
  'restore',
])

/** @throws FaultFound at the first step after which hub and model differ; the data folder is then kept */
export async function runSchedules(options: ScheduleOptions): Promise<ScheduleReport> {
  const { seed, first = 0, schedules, steps = STEPS, onSchedule } = options
  const tally = { steps: 0, events: 0, letters: 0, interrupted: 0 }
  const acts: Record<string, number> = {}
  for (let number = first; number < first + schedules; number++) {
    const now = options.now ?? Math.floor(Date.now() / HOUR) * HOUR
    const plan = planSchedule({ seed: mixSeed(seed, number), now, steps })
    const how = `--seed ${seed} --first ${number} --now ${now}`
    const model = await inFolder((folder) => runPlan(plan, folder, now, how), { keep: true })
    for (const { act, killAfter } of plan) {
      acts[act] = (acts[act] ?? 0) + 1
      if (killAfter !== null) tally.interrupted++
    }
    tally.steps += plan.length
    tally.events += model.known.size
    tally.letters += model.letters.length
    onSchedule?.(number - first + 1)
  }
  return { schedules, ...tally, acts }
}

async function runPlan(
  plan: readonly PlannedStep[],
  folder: string,
  now: number,
  how: string,
): Promise<Model> {
  const model = new Model()
  const site = new Site(folder, now)
  const range: Range = {
    from: new Date(now - 62 * DAY).toISOString(),
    to: new Date(now).toISOString(),
  }
  let done = 0
  try {
    await site.open()
    for (const step of plan) {
      await runStep(site, model, step, range)
      done++
    }
    demandNone(await verifyAll(site.hub), "the hub's own checks")
    return model
  } catch (error) {
    const shown = plan.slice(0, done + 1).map((step, i) => `  ${i + 1}. ${describe(step)}`)
    throw new FaultFound(
      `${String(error)}\nafter the last of these steps:\n${shown.join('\n')}\n` +
        `npm run test:faults -- --only schedules --cycles 1 ${how} --steps ${done + 1}`,
      { cause: error },
    )
  } finally {
    await site.kill()
  }
}

async function runStep(site: Site, model: Model, step: PlannedStep, range: Range): Promise<void> {
  const unchanged = WITHOUT_EFFECT.has(step.act) ? await answersTo(site.hub, range) : null
  const fates = fatesOf(model, step)
  await site.perform(step, fates)
  await site.settle()
  demandNone(await differences(site.hub, model, range), 'the hub differs from the model')
  if (unchanged !== null && (await answersTo(site.hub, range)) !== unchanged) {
    throw new FaultFound('the answers before and after are not the same to the byte')
  }
}

/** Does the step to the model, and tells what should become of its events. */
function fatesOf(model: Model, step: PlannedStep): readonly Fate[] {
  if (step.act === 'send') return step.events.map((planned) => model.take(planned))
  if (step.act === 'erase') {
    const isHeld = model.erase(step.user) === 'held'
    return isHeld ? [{ outcome: 'rejected', code: 'held' }] : []
  }
  if (step.act !== 'replay') {
    applyStep(model, step)
    return []
  }
  const before = model.known.size
  applyStep(model, step)
  const id = step.corrected?.event.common.event_id ?? ''
  const isResolved = model.letters.some(({ replayedAs }) => id !== '' && replayedAs === id)
  if (!isResolved) return [{ outcome: 'rejected', code: '' }]
  return [{ outcome: model.known.size > before ? 'accepted' : 'duplicate' }]
}

function describe(step: PlannedStep): string {
  const { act, killAfter, ...rest } = step
  const how = killAfter === null ? '' : `, killed after ${killAfter} ms and done again`
  if (step.act === 'send') return `send ${step.events.length} events${how}`
  if (step.act === 'prices') return `other prices${how}`
  const text = JSON.stringify(rest)
  return `${act} ${text.length > 300 ? `${text.slice(0, 300)}…` : text}${how}`
}
