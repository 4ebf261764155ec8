import type { CalendarStep } from '../time/calendar.ts'
import type { Duration } from '../time/duration.ts'
import type { WindowSpec } from './window-spec.ts'

/** Window specifications by name, for code that reads like the sentence; each is the data it makes. */

export function tumbling(size: Duration, offset: Duration = 0): WindowSpec {
  return { type: 'tumbling', size, offset }
}

export function hopping(size: Duration, slide: Duration, offset: Duration = 0): WindowSpec {
  return { type: 'hopping', size, slide, offset }
}

export function cumulate(size: Duration, step: Duration, offset: Duration = 0): WindowSpec {
  return { type: 'cumulate', size, step, offset }
}

export function calendar(step: CalendarStep, zone = 'UTC'): WindowSpec {
  return { type: 'calendar', step, zone }
}

export function sliding(difference: Duration): WindowSpec {
  return { type: 'sliding', difference }
}

/** Absent `longest`: as long as events keep coming. */
export function session(
  gap: Duration | { readonly column: string },
  longest?: Duration,
): WindowSpec {
  return { type: 'session', gap, ...(longest === undefined ? {} : { longest }) }
}

export function allTime(): WindowSpec {
  return { type: 'global' }
}

export function everyCount(size: number, slide: number = size): WindowSpec {
  return { type: 'count', size, slide }
}
