import { checkName, checkOptions, shown } from '../check-options.ts'
import { StreamError } from '../stream-error.ts'
import { bucketStart, CALENDAR_STEPS, type CalendarStep } from '../time/calendar.ts'
import { type Duration, parseDuration } from '../time/duration.ts'
import { BEGINNING_OF_TIME, END_OF_TIME, type TimeUnit } from '../time/time.ts'
import type { TriggerSpec } from '../trigger/trigger-spec.ts'

/** Into which windows [start, end) an event goes, as data. */
export type WindowSpec =
  | { readonly type: 'tumbling'; readonly size: Duration; readonly offset?: Duration }
  /** Every `slide` a window of `size`. With slide > size, some events are in no window. */
  | {
      readonly type: 'hopping'
      readonly size: Duration
      readonly slide: Duration
      readonly offset?: Duration
    }
  /** Windows that begin together every `size` and are one `step` longer each, up to `size`. */
  | {
      readonly type: 'cumulate'
      readonly size: Duration
      readonly step: Duration
      readonly offset?: Duration
    }
  /** Minutes to months as the wall clock of `zone` shows them (default UTC). */
  | { readonly type: 'calendar'; readonly step: CalendarStep; readonly zone?: string }
  /**
   * Windows of `difference` + 1 that end with an event or begin right behind one, as far as they hold
   * events: every set of events that lie within `difference` of each other.
   */
  | { readonly type: 'sliding'; readonly difference: Duration }
  /**
   * Events of a key at most `gap` apart; the gap may be a column of durations in the unit of the stream. A session
   * that an event would make longer than `longest` is not extended: the event begins another.
   */
  | {
      readonly type: 'session'
      readonly gap: Duration | { readonly column: string }
      readonly longest?: Duration
    }
  /** All of time. */
  | { readonly type: 'global' }
  /** `size` events of a key in order of arrival, beginning with every `slide`-th (default `size`). */
  | { readonly type: 'count'; readonly size: number; readonly slide?: number }

export interface WindowingSpec {
  readonly window: WindowSpec
  /** Default: at the end of the window, and with every late event. */
  readonly trigger?: TriggerSpec
  /**
   * What a later pane of a window holds: everything so far (`accumulating`, default), what is new since the
   * last pane (`discarding`), or everything after withdrawing the last pane (`retracting`).
   */
  readonly accumulation?: 'discarding' | 'accumulating' | 'retracting'
  /** How long behind the end of a window the watermark may be until it is forgotten. Default 0. */
  readonly lateness?: Duration
  /**
   * Time of a result: `end` of the window − 1 (default), or the `earliest` or `latest` time of the events
   * that are new in the pane and were not behind the watermark; without any, end − 1.
   */
  readonly stamp?: 'end' | 'earliest' | 'latest'
  /** Whether a window that is forgotten gives a last pane when nothing is new. Default `if_not_empty`. */
  readonly closing?: 'if_not_empty' | 'always'
  /** When triggers look at new events: after each (default), or at the end of every batch. */
  readonly evaluation?: 'event' | 'batch'
}

/** A window specification with numbers for durations; `tumbling` is hopping by its size. */
export type ResolvedWindow =
  | {
      readonly type: 'hopping'
      readonly size: number
      readonly slide: number
      readonly offset: number
    }
  | {
      readonly type: 'cumulate'
      readonly size: number
      readonly step: number
      readonly offset: number
    }
  | { readonly type: 'calendar'; readonly step: CalendarStep; readonly zone: string }
  | { readonly type: 'sliding'; readonly difference: number }
  | {
      readonly type: 'session'
      /** NaN where a column says it. */
      readonly gap: number
      readonly gapColumn: string | null
      /** Infinite where there is no limit. */
      readonly longest: number
    }
  | { readonly type: 'global' }
  | { readonly type: 'count'; readonly size: number; readonly slide: number }

/** Throws a StreamError `invalid_window` or `invalid_duration` that names the member. */
export function resolveWindow(spec: WindowSpec, unit: TimeUnit): ResolvedWindow {
  if (typeof spec !== 'object' || spec === null) {
    const problem = `${shown(spec)} is no window, such as { type: 'tumbling', size: '5m' }`
    throw new StreamError('invalid_window', `window: ${problem}`, 'window')
  }
  const members = Object.hasOwn(MEMBERS, spec.type) ? MEMBERS[spec.type] : undefined
  if (members !== undefined) {
    checkOptions(spec, `a window of type ${spec.type}`, members, 'window')
  }
  const duration = (value: Duration, member: string): number =>
    parseDuration(value, unit, `window.${member}`)
  switch (spec.type) {
    case 'tumbling': {
      const size = duration(spec.size, 'size')
      return { type: 'hopping', size, slide: size, offset: offsetOf(spec.offset, size, unit) }
    }
    case 'hopping': {
      const slide = duration(spec.slide, 'slide')
      const size = duration(spec.size, 'size')
      return { type: 'hopping', size, slide, offset: offsetOf(spec.offset, slide, unit) }
    }
    case 'cumulate': {
      const size = duration(spec.size, 'size')
      const step = duration(spec.step, 'step')
      if (size % step !== 0) {
        throw invalid('step', `${spec.step} does not divide the size ${spec.size}`)
      }
      return { type: 'cumulate', size, step, offset: offsetOf(spec.offset, size, unit) }
    }
    case 'calendar': {
      const zone = spec.zone ?? 'UTC'
      if (!CALENDAR_STEPS.includes(spec.step)) {
        throw invalid('step', `'${spec.step}' is none of ${CALENDAR_STEPS.join(', ')}`)
      }
      if (bucketStart(0, spec.step, zone) === null) {
        throw invalid('zone', `'${zone}' is not a time zone`)
      }
      return { type: 'calendar', step: spec.step, zone }
    }
    case 'sliding':
      return {
        type: 'sliding',
        difference: parseDuration(spec.difference, unit, 'window.difference', 'from zero'),
      }
    case 'session': {
      const longest =
        spec.longest === undefined ? Number.POSITIVE_INFINITY : duration(spec.longest, 'longest')
      if (typeof spec.gap === 'object') {
        checkOptions(spec.gap, 'a gap', ['column'], 'window.gap', 'invalid_window')
        checkName(spec.gap.column, 'window.gap.column')
      }
      const column = typeof spec.gap === 'object' ? spec.gap.column : null
      const gap = typeof spec.gap === 'object' ? Number.NaN : duration(spec.gap, 'gap')
      if (gap > longest) throw invalid('longest', 'is shorter than the gap')
      return { type: 'session', gap, gapColumn: column, longest }
    }
    case 'global':
      return { type: 'global' }
    case 'count': {
      const slide = spec.slide ?? spec.size
      for (const [member, value] of [
        ['size', spec.size],
        ['slide', slide],
      ] as const) {
        if (!Number.isSafeInteger(value) || value < 1) {
          throw invalid(member, `${value} is not a whole number from 1`)
        }
      }
      return { type: 'count', size: spec.size, slide }
    }
    default:
      throw invalid(
        'type',
        `there is no window '${String((spec as { type: unknown }).type)}'; there are ${Object.keys(MEMBERS).join(', ')}`,
      )
  }
}

function offsetOf(offset: Duration | undefined, slide: number, unit: TimeUnit): number {
  if (offset === undefined) return 0
  const value = parseDuration(offset, unit, 'window.offset', 'any')
  return ((value % slide) + slide) % slide
}

function invalid(member: string, problem: string): StreamError {
  return new StreamError('invalid_window', `window.${member}: ${problem}`, `window.${member}`)
}

const MEMBERS: Readonly<Record<WindowSpec['type'], readonly string[]>> = {
  tumbling: ['type', 'size', 'offset'],
  hopping: ['type', 'size', 'slide', 'offset'],
  cumulate: ['type', 'size', 'step', 'offset'],
  calendar: ['type', 'step', 'zone'],
  sliding: ['type', 'difference'],
  session: ['type', 'gap', 'longest'],
  global: ['type'],
  count: ['type', 'size', 'slide'],
}

/** Windowing with numbers for durations and every default filled in. */
export interface ResolvedWindowing {
  readonly window: ResolvedWindow
  readonly trigger: TriggerSpec | null
  readonly accumulation: 'discarding' | 'accumulating' | 'retracting'
  readonly lateness: number
  readonly stamp: 'end' | 'earliest' | 'latest'
  readonly closing: 'if_not_empty' | 'always'
  readonly evaluation: 'event' | 'batch'
}

const WINDOWING: readonly (keyof WindowingSpec)[] = [
  'window',
  'trigger',
  'accumulation',
  'lateness',
  'stamp',
  'closing',
  'evaluation',
]

const CHOICES = {
  accumulation: ['accumulating', 'discarding', 'retracting'],
  stamp: ['end', 'earliest', 'latest'],
  closing: ['if_not_empty', 'always'],
  evaluation: ['event', 'batch'],
} as const

/** Throws a StreamError that names the member. */
export function resolveWindowing(spec: WindowingSpec, unit: TimeUnit): ResolvedWindowing {
  checkOptions(spec, 'windowing', WINDOWING, 'windowing', 'invalid_window')
  for (const [member, choices] of Object.entries(CHOICES)) {
    const value: unknown = spec[member as keyof typeof CHOICES]
    if (value !== undefined && !(choices as readonly unknown[]).includes(value)) {
      const problem = `${JSON.stringify(value)} is none of ${choices.join(', ')}`
      throw new StreamError('invalid_window', `${member}: ${problem}`, member)
    }
  }
  const lateness =
    spec.lateness === Number.POSITIVE_INFINITY
      ? spec.lateness
      : parseDuration(spec.lateness ?? 0, unit, 'lateness', 'from zero')
  return {
    window: resolveWindow(spec.window, unit),
    trigger: spec.trigger ?? null,
    accumulation: spec.accumulation ?? 'accumulating',
    lateness,
    stamp: spec.stamp ?? 'end',
    closing: spec.closing ?? 'if_not_empty',
    evaluation: spec.evaluation ?? 'event',
  }
}

/** Bounds of the global window. */
export const ALL_OF_TIME: { readonly start: number; readonly end: number } = {
  start: BEGINNING_OF_TIME,
  end: END_OF_TIME,
}
