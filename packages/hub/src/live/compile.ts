import { CALENDAR_STEPS, offsetSegments, StreamError } from '@llmhub/stream'
import type { QuestionIssue } from '../core/ask.ts'
import type { Compiled } from './compiled.ts'
import { Fold } from './fold.ts'
import { GroupLimit } from './group-limit.ts'
import { type LiveDefinition, sizeOf } from './live.ts'
import { keptPlan, type PlanMeasures } from './plan.ts'
import { WindowSeries } from './window-series.ts'
import { cellWidth, usualLength } from './window-times.ts'

const DEFINITION_LIMITS = { windows: 16, measures: 50, name: 100 } as const

const NAME = /^[A-Za-z][A-Za-z0-9_.-]*$/u
/** Shorter windows would be mostly clockwork. */
const SHORTEST = 1_000_000
/** A window that long is no window any more: 400 days. */
const LONGEST = 400 * 86_400_000_000
/** More windows than this around one event cost more than they tell. */
const MOST_OVERLAP = 1000

export type CompileOutcome =
  | { readonly ok: true; readonly compiled: Compiled }
  | { readonly ok: false; readonly issues: readonly QuestionIssue[] }

/** Checks a definition and plans it. What is wrong is told with the path of the member. */
export function compileDefinition(
  definition: LiveDefinition,
  planMeasures: PlanMeasures,
): CompileOutcome {
  const issues: QuestionIssue[] = []
  const { name, windows } = definition
  if (!NAME.test(name) || name.length > DEFINITION_LIMITS.name) {
    const message = `must begin with a letter and have letters, digits, _, - and dots, at most ${DEFINITION_LIMITS.name}`
    issues.push({ path: '/name', message })
  }
  if (windows.length < 1 || windows.length > DEFINITION_LIMITS.windows) {
    const message = `must be a list of 1 to ${DEFINITION_LIMITS.windows} windows`
    issues.push({ path: '/windows', message })
  }
  const sizes = new Set<string>()
  for (const [i, window] of windows.entries()) {
    const path = `/windows/${i}`
    const message = windowIssue(window)
    if (message !== null) issues.push({ path, message })
    else if (sizes.has(sizeOf(window))) {
      issues.push({ path, message: `"${sizeOf(window)}" is there twice` })
    } else sizes.add(sizeOf(window))
  }
  const { maxGroups } = definition
  if (maxGroups !== undefined && !(Number.isSafeInteger(maxGroups) && maxGroups > 0)) {
    issues.push({ path: '/maxGroups', message: 'must be a whole number from 1' })
  }
  const planned = planMeasures(definition)
  if (!planned.ok) issues.push(...planned.issues)
  if (issues.length > 0 || !planned.ok) return { ok: false, issues }
  const compiled = { definition, plan: planned.plan, kept: keptPlan(planned.plan) }
  const problem = triggerIssue(compiled)
  return problem === null ? { ok: true, compiled } : { ok: false, issues: [problem] }
}

function windowIssue(window: LiveDefinition['windows'][number]): string | null {
  if (window.type === 'calendar') {
    if (!CALENDAR_STEPS.includes(window.step)) {
      return `step must be one of ${CALENDAR_STEPS.join(', ')}`
    }
    const zone = window.zone ?? 'UTC'
    return offsetSegments(zone, 0, 1).ok ? null : `zone "${zone}" is not a time zone`
  }
  if (!['tumbling', 'hopping', 'cumulate', 'session'].includes(window.type)) {
    return 'type must be calendar, tumbling, hopping, cumulate or session'
  }
  try {
    const length = usualLength(window)
    if (length < SHORTEST) return 'is shorter than a second'
    if (length > LONGEST) return 'is longer than 400 days'
    if (window.type === 'session') return null
    const cell = cellWidth([window])
    if (cell < SHORTEST) return 'its sizes and offsets must be whole seconds'
    const step =
      window.type === 'hopping' ? window.slide : window.type === 'cumulate' ? window.step : null
    if (step !== null) {
      const steps = length / usualLength({ type: 'tumbling', size: step })
      if (steps > MOST_OVERLAP) return `more than ${MOST_OVERLAP} windows would overlap`
    }
    return null
  } catch (error) {
    if (error instanceof StreamError) return error.message
    throw error
  }
}

/** Triggers that give a result at the end of the window, which every closed window has. */
const ENDING: ReadonlySet<string> = new Set(['watermark', 'event_time_period'])

/** What the window operators refuse, by making them; and triggers without a result at the end. */
function triggerIssue(compiled: Compiled): QuestionIssue | null {
  const { trigger } = compiled.definition
  const groups = new GroupLimit(1)
  const { plan, kept } = compiled
  const fold = new Fold({ plan, kept, project: null, cell: 1, groups })
  try {
    for (const window of compiled.definition.windows) {
      new WindowSeries({
        compiled,
        window,
        sums: fold.states,
        limits: { windows: 1, results: 1 },
        incompleteBefore: Number.NEGATIVE_INFINITY,
        watermark: null,
      })
    }
    if (trigger === undefined || ENDING.has(trigger.on)) return null
    const message =
      'must give a result at the end of the window: {"on":"watermark"}, with this one as its `early`'
    return { path: '/trigger', message }
  } catch (error) {
    if (!(error instanceof StreamError)) throw error
    return { path: `/${(error.path ?? 'windows').split('.')[0] ?? ''}`, message: error.message }
  }
}
