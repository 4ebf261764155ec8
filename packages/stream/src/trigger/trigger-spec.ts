import type { Duration } from '../time/duration.ts'

/**
 * When a window gives results, as data. A trigger fires, and most finish by it: a window whose trigger
 * has finished is closed, and later events of it are dropped and counted.
 */
export type TriggerSpec =
  /**
   * When the watermark reaches the end of the window; `early` before and `late` after it, each as often as it
   * fires. Without `late` it finishes at the end of the window.
   */
  | { readonly on: 'watermark'; readonly early?: TriggerSpec; readonly late?: TriggerSpec }
  /** At `n` events since the last pane. */
  | { readonly on: 'count'; readonly n: number }
  /** `delay` of processing time after the first event since the last pane. */
  | { readonly on: 'processing_time'; readonly delay: Duration }
  /**
   * Whenever the watermark reaches a multiple of `every` after the window's first event, at the end of the window, and
   * with every event after that. Gives the whole content each time, also when nothing is new. Never finishes.
   */
  | { readonly on: 'event_time_period'; readonly every: Duration }
  /** The same by processing time, and without the end of the window. */
  | { readonly on: 'processing_time_period'; readonly every: Duration }
  /** As often as `of` fires. */
  | { readonly on: 'repeatedly'; readonly of: TriggerSpec }
  /** As `of`, until `until` fires: that is the last time. */
  | { readonly on: 'or_finally'; readonly of: TriggerSpec; readonly until: TriggerSpec }
  /** Once, when one of them fires. */
  | { readonly on: 'first_of'; readonly of: readonly TriggerSpec[] }
  /** Once, when all of them would fire. */
  | { readonly on: 'all_of'; readonly of: readonly TriggerSpec[] }
  /** Each in turn until it has finished. */
  | { readonly on: 'in_turn'; readonly of: readonly TriggerSpec[] }
  /** Not before the window is forgotten. */
  | { readonly on: 'never' }

/** When the watermark reaches the end of the window, and with every late event. */
export const DEFAULT_TRIGGER: TriggerSpec = { on: 'watermark', late: { on: 'count', n: 1 } }
