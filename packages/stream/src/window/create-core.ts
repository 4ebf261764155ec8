import { StreamError } from '../stream-error.ts'
import type { TimeUnit } from '../time/time.ts'
import { Trigger } from '../trigger/trigger.ts'
import { DEFAULT_TRIGGER, type TriggerSpec } from '../trigger/trigger-spec.ts'
import { AlignedCore } from './aligned-core.ts'
import { CountCore } from './count-core.ts'
import { GeneralCore } from './general-core.ts'
import { SessionCore } from './session-core.ts'
import { SlidingCore } from './sliding-core.ts'
import { createAssigner } from './window-assigner.ts'
import type { CoreContext, WindowCore } from './window-core.ts'
import { createGrid } from './window-grid.ts'
import type { ResolvedWindowing } from './window-spec.ts'

/**
 * The code that runs a windowing: the fastest that gives what was asked for. Which one it is changes
 * no result. Throws a StreamError `invalid_trigger` for windows that fire in one way only.
 */
export function createCore(
  context: CoreContext,
  unit: TimeUnit,
  path: 'fast' | 'general',
): WindowCore {
  const { windowing } = context
  const { window } = windowing
  const trigger = new Trigger(windowing.trigger ?? DEFAULT_TRIGGER, unit)
  if (window.type === 'count') {
    fireTheirOwnWay(windowing, 'count windows fire when they are full')
    return new CountCore(context, window.size, window.slide)
  }
  if (window.type === 'sliding') {
    fireTheirOwnWay(windowing, 'sliding windows fire by the watermark and for late events')
    return new SlidingCore(context, window.difference)
  }
  if (path === 'fast' && isPlain(windowing)) {
    const grid = createGrid(window, unit)
    if (grid !== null) return new AlignedCore(context, grid)
    if (window.type === 'session' && windowing.lateness === 0) {
      const isFixed = window.gapColumn === null && window.longest === Number.POSITIVE_INFINITY
      if (isFixed) return new SessionCore(context, window.gap)
    }
  }
  const assigner = createAssigner(window, unit)
  if (assigner === null) throw new TypeError(`no assigner of ${window.type} windows`)
  return new GeneralCore(context, assigner, trigger)
}

/** Whether windows fire once at their end and, within lateness, for every late event; stamped by their end. */
function isPlain(windowing: ResolvedWindowing): boolean {
  const { trigger, lateness, stamp, closing, accumulation, evaluation } = windowing
  if (stamp !== 'end') return false
  // Forgotten as soon as they fire: nothing else can come of them.
  if (lateness === 0) return trigger === null || isAtEnd(trigger)
  return (
    closing === 'if_not_empty' &&
    accumulation !== 'retracting' &&
    evaluation === 'event' &&
    (trigger === null || (isAtEnd(trigger) && isEveryEvent(trigger.late)))
  )
}

function isAtEnd(trigger: TriggerSpec): trigger is TriggerSpec & { on: 'watermark' } {
  return trigger.on === 'watermark' && trigger.early === undefined
}

function isEveryEvent(late: TriggerSpec | undefined): boolean {
  return late?.on === 'count' && late.n === 1
}

function fireTheirOwnWay(windowing: ResolvedWindowing, how: string): void {
  const { trigger, accumulation, closing } = windowing
  if (trigger !== null && !(isAtEnd(trigger) && isEveryEvent(trigger.late))) {
    throw new StreamError('invalid_trigger', `trigger: ${how}`, 'trigger')
  }
  if (accumulation === 'retracting') {
    throw new StreamError('invalid_window', `accumulation: ${how}`, 'accumulation')
  }
  if (closing === 'always') {
    throw new StreamError('invalid_window', `closing: ${how}`, 'closing')
  }
}
