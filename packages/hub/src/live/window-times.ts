import { bucketEdges, parseDuration, stepMicros } from '@llmhub/stream'
import type { LiveWindow } from './live.ts'

/** [start, end) in epoch µs. */
export interface WindowBounds {
  readonly start: number
  readonly end: number
}

const SECOND = 1_000_000
const MINUTE = 60 * SECOND

/**
 * Width of a cell of time in µs that no edge of these windows cuts, so that events of one cell may be added up
 * before they go into windows. 1 for sessions, whose edges are the events themselves.
 */
export function cellWidth(windows: readonly LiveWindow[]): number {
  return windows.map(edgeDivisor).reduce(greatestCommonDivisor, 0) || 1
}

function edgeDivisor(window: LiveWindow): number {
  switch (window.type) {
    case 'calendar':
      // Offsets of zones before standard time have seconds.
      return (window.zone ?? 'UTC') === 'UTC' ? MINUTE : SECOND
    case 'tumbling':
      return greatestCommonDivisor(micros(window.size), offsetOf(window.offset))
    case 'hopping':
      return [micros(window.size), micros(window.slide), offsetOf(window.offset)].reduce(
        greatestCommonDivisor,
      )
    case 'cumulate':
      return greatestCommonDivisor(micros(window.step), offsetOf(window.offset))
    case 'session':
      return 1
    default:
      return window satisfies never
  }
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? Math.abs(a) : greatestCommonDivisor(b, a % b)
}

function micros(duration: number | string): number {
  return parseDuration(duration, 'us', 'window')
}

function offsetOf(offset: number | string | undefined): number {
  return offset === undefined ? 0 : parseDuration(offset, 'us', 'window.offset', 'any')
}

/** How long the windows usually are, the longest of them, in µs; a session counts as its gap. */
export function usualLength(window: LiveWindow): number {
  switch (window.type) {
    case 'calendar':
      return stepMicros(window.step)
    case 'tumbling':
    case 'hopping':
    case 'cumulate':
      return micros(window.size)
    case 'session':
      return micros(window.gap)
    default:
      return window satisfies never
  }
}

/** How far apart the windows usually begin or end, in µs. */
export function usualStep(window: LiveWindow): number {
  switch (window.type) {
    case 'hopping':
      return micros(window.slide)
    case 'cumulate':
      return micros(window.step)
    case 'calendar':
    case 'tumbling':
    case 'session':
      return usualLength(window)
    default:
      return window satisfies never
  }
}

/** Whether the bounds follow from time alone, so that the store can be asked for the same window. */
export function isRestatable(window: LiveWindow): boolean {
  return window.type !== 'session'
}

/** The windows around a time; none of a session. Cost: one window, or as many as overlap. */
export function windowsAt(window: LiveWindow, time: number): WindowBounds[] {
  switch (window.type) {
    case 'calendar': {
      const { step, zone = 'UTC' } = window
      const found = bucketEdges({ from: time, to: time + 1, step, zone })
      const [start, end] = found.ok ? found.edges : []
      return start === undefined || end === undefined ? [] : [{ start, end }]
    }
    case 'tumbling': {
      const size = micros(window.size)
      const start = floorTo(time, size, offsetOf(window.offset))
      return [{ start, end: start + size }]
    }
    case 'hopping': {
      const [size, slide] = [micros(window.size), micros(window.slide)]
      const found: WindowBounds[] = []
      let start = floorTo(time, slide, offsetOf(window.offset))
      for (; start + size > time; start -= slide) found.unshift({ start, end: start + size })
      return found
    }
    case 'cumulate': {
      const [size, step] = [micros(window.size), micros(window.step)]
      const start = floorTo(time, size, offsetOf(window.offset))
      const first = floorTo(time - start, step, 0) + step
      const found: WindowBounds[] = []
      for (let end = first; end <= size; end += step) found.push({ start, end: start + end })
      return found
    }
    case 'session':
      return []
    default:
      return window satisfies never
  }
}

function floorTo(time: number, size: number, offset: number): number {
  return Math.floor((time - offset) / size) * size + offset
}

/** Windows that hold an instant of [from, to), up to `most` of them from the latest on. */
export function windowsWithin(
  window: LiveWindow,
  from: number,
  to: number,
  most: number,
): WindowBounds[] {
  const found = new Map<string, WindowBounds>()
  let time = to - 1
  while (time >= from && found.size < most) {
    const around = windowsAt(window, time)
    if (around.length === 0) break
    for (const bounds of around) found.set(boundsName(bounds), bounds)
    time = Math.min(...around.map((bounds) => lastStart(window, bounds, time))) - 1
  }
  return [...found.values()].sort((a, b) => a.start - b.start || a.end - b.end).slice(-most)
}

/** Where the windows around `time` begin to be others. */
function lastStart(window: LiveWindow, bounds: WindowBounds, time: number): number {
  if (window.type === 'hopping') {
    return floorTo(time, micros(window.slide), offsetOf(window.offset))
  }
  if (window.type === 'cumulate') {
    return bounds.start + floorTo(time - bounds.start, micros(window.step), 0)
  }
  return bounds.start
}

export function boundsName({ start, end }: WindowBounds): string {
  return `${start}:${end}`
}
