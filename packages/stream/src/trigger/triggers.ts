import type { Duration } from '../time/duration.ts'
import type { TriggerSpec } from './trigger-spec.ts'

/** Trigger specifications by name, for code that reads like the sentence; each is the data it makes. */

export function afterWatermark(
  parts: { readonly early?: TriggerSpec; readonly late?: TriggerSpec } = {},
): TriggerSpec {
  return { on: 'watermark', ...parts }
}

export function afterCount(n: number): TriggerSpec {
  return { on: 'count', n }
}

export function afterProcessingTime(delay: Duration): TriggerSpec {
  return { on: 'processing_time', delay }
}

export function everyEventTime(every: Duration): TriggerSpec {
  return { on: 'event_time_period', every }
}

export function everyProcessingTime(every: Duration): TriggerSpec {
  return { on: 'processing_time_period', every }
}

export function repeatedly(of: TriggerSpec): TriggerSpec {
  return { on: 'repeatedly', of }
}

export function orFinally(of: TriggerSpec, until: TriggerSpec): TriggerSpec {
  return { on: 'or_finally', of, until }
}

export function firstOf(...of: readonly TriggerSpec[]): TriggerSpec {
  return { on: 'first_of', of }
}

export function allOf(...of: readonly TriggerSpec[]): TriggerSpec {
  return { on: 'all_of', of }
}

export function inTurn(...of: readonly TriggerSpec[]): TriggerSpec {
  return { on: 'in_turn', of }
}

export function never(): TriggerSpec {
  return { on: 'never' }
}
