import { parseTime } from '@llmhub/stream'
import type { WorldOptions } from '../../generate/world.ts'
import { CliError, EXIT } from '../exit-codes.ts'

export interface RangeOptions {
  readonly days?: number
  readonly from?: string
  readonly to?: string
  readonly events?: number
  readonly rate?: number
  readonly seed?: number
}

/** Which events of which world. */
export interface GeneratedRange {
  readonly world: WorldOptions
  /** Epoch milliseconds, [from, to). */
  readonly from: number
  readonly to: number
}

export const DEFAULT_DAYS = 30
export const DEFAULT_SEED = 1
const DEFAULT_PER_DAY = 10_000
const DAY_MS = 86_400_000
const MINUTE_MS = 60_000

/** The range that options ask for; ends at the last full minute by default. */
export function rangeOf(options: RangeOptions, nowMicros: number): GeneratedRange {
  const { days, seed = DEFAULT_SEED } = options
  if (days !== undefined && options.from !== undefined && options.to !== undefined) {
    throw new CliError('of --days, --from and --to two say it all: leave one out', EXIT.usage)
  }
  if (options.events !== undefined && options.rate !== undefined) {
    throw new CliError('give --events or --rate, not both', EXIT.usage)
  }
  const span = (days ?? DEFAULT_DAYS) * DAY_MS
  if (span === 0) throw new CliError('--days 0 has no events: at least 1', EXIT.usage)
  const end = timeOf('--to', options.to, nowMicros)
  const start = timeOf('--from', options.from, nowMicros)
  const isFromStart = start !== null && end === null && days !== undefined
  const now = Math.floor(nowMicros / 1000 / MINUTE_MS) * MINUTE_MS
  const to = isFromStart ? start + span : (end ?? now)
  const from = start ?? to - span
  if (from >= to) {
    const shown = [from, to].map((time) => new Date(time).toISOString())
    throw new CliError(`--from ${shown[0]} is not before --to ${shown[1]}`, EXIT.usage)
  }
  if (seed > 0xffff_ffff) {
    throw new CliError(`--seed ${seed}: at most ${0xffff_ffff}`, EXIT.usage)
  }
  const perDay =
    options.events === undefined
      ? (options.rate ?? DEFAULT_PER_DAY)
      : (options.events * DAY_MS) / (to - from)
  if (perDay === 0) throw new CliError('that asks for no events at all', EXIT.usage)
  return { world: { seed, perDay: Math.round(perDay * 1000) / 1000 }, from, to }
}

function timeOf(option: string, text: string | undefined, nowMicros: number): number | null {
  if (text === undefined) return null
  const parsed = parseTime(text, nowMicros)
  if (!parsed.ok) throw new CliError(`${option} ${text}: ${parsed.message}`, EXIT.usage)
  return Math.floor(parsed.micros / 1000)
}

/** Events to be expected of a range. */
export function expectedEvents({ world, from, to }: GeneratedRange): number {
  return (world.perDay * (to - from)) / DAY_MS
}
