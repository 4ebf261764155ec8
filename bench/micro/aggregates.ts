/**
 * Nanoseconds per row of each aggregate over columns of states, beside a plain version in the same run:
 * a Map by text of key and window, an object in it, a method call per row. Time is that of the
 * processor on this thread, so that other work of the machine counts only by the caches it takes.
 * `node --conditions=@llmhub/source bench/micro/aggregates.ts [rows] [slots] [rounds]`.
 */

import { type AggregateSpec, type Column, prepareAggregate, type States } from '@llmhub/stream'

const ROWS = Number(process.argv[2] ?? 1_000_000)
const SLOTS = Number(process.argv[3] ?? 1000)
const ROUNDS = Number(process.argv[4] ?? 6)
const BATCH_ROWS = 4096
const WINDOWS = 10
const MODELS = 200

/** What a row is to the plain version. */
interface Row {
  readonly key: string
  readonly window: number
  readonly time: number
  readonly latency: number
  readonly tokens: number
  readonly model: string
}

interface Plain {
  add(row: Row): void
  value(): unknown
}

/** Processor time of this thread. */
function milliseconds(): number {
  const { user, system } = process.threadCpuUsage()
  return (user + system) / 1000
}

let seed = 12_345
function random(): number {
  seed = (seed * 48_271) % 2_147_483_647
  return seed / 2_147_483_647
}

const models = Array.from({ length: MODELS }, (_, i) => `model-${i}`)
const rows: Row[] = Array.from({ length: ROWS }, (_, i) => ({
  key: `service-${Math.floor(random() * (SLOTS / WINDOWS))}`,
  window: Math.floor(random() * WINDOWS),
  time: i,
  latency: Math.round(-Math.log(1 - random()) * 80_000) / 100,
  tokens: Math.floor(random() * 4000),
  model: models[Math.floor(random() ** 3 * MODELS)] ?? '',
}))

interface Batch {
  readonly slots: Int32Array
  readonly times: Float64Array
  readonly columns: ReadonlyMap<string, Column>
}

const slotNumbers = new Map<string, number>()
const slotOf = ({ key, window }: Row) => {
  const name = `${key}|${window}`
  const slot = slotNumbers.get(name) ?? slotNumbers.size
  slotNumbers.set(name, slot)
  return slot
}
const batches: Batch[] = []
for (let from = 0; from < ROWS; from += BATCH_ROWS) {
  const part = rows.slice(from, from + BATCH_ROWS)
  batches.push({
    slots: Int32Array.from(part, slotOf),
    times: Float64Array.from(part, ({ time }) => time),
    columns: new Map<string, Column>([
      [
        'latency',
        { type: 'f64', valid: null, data: Float64Array.from(part, (row) => row.latency) },
      ],
      ['tokens', { type: 'i32', valid: null, data: Int32Array.from(part, (row) => row.tokens) }],
      [
        'model',
        {
          type: 'dict',
          codes: Int32Array.from(part, (row) => models.indexOf(row.model)),
          values: models,
        },
      ],
    ]),
  })
}
const ALL = Int32Array.from({ length: BATCH_ROWS }, (_, i) => i)

function columnar(spec: AggregateSpec): [seconds: number, bytes: number] {
  const states: States = prepareAggregate(spec)
  const start = milliseconds()
  states.reserve(slotNumbers.size)
  for (const { slots, times, columns } of batches) {
    const column = spec.of === undefined ? null : (columns.get(spec.of) ?? null)
    states.addRows(slots, ALL, slots.length, { times, sequence: null, column, columns })
  }
  for (let slot = 0; slot < slotNumbers.size; slot++) states.value(slot, 60)
  return [(milliseconds() - start) / 1000, states.bytes() / slotNumbers.size]
}

function plain(make: () => Plain): number {
  const states = new Map<string, Plain>()
  const start = milliseconds()
  for (const row of rows) {
    const name = `${row.key}|${row.window}`
    let state = states.get(name)
    if (state === undefined) {
      state = make()
      states.set(name, state)
    }
    state.add(row)
  }
  for (const state of states.values()) state.value()
  return (milliseconds() - start) / 1000
}

class PlainSum implements Plain {
  count = 0
  sum = 0
  add({ latency }: Row): void {
    this.count++
    this.sum += latency
  }
  value(): unknown {
    return { sum: this.sum, mean: this.sum / this.count }
  }
}

class PlainExtremes implements Plain {
  min = Number.POSITIVE_INFINITY
  max = Number.NEGATIVE_INFINITY
  add({ latency }: Row): void {
    this.min = Math.min(this.min, latency)
    this.max = Math.max(this.max, latency)
  }
  value(): unknown {
    return { min: this.min, max: this.max }
  }
}

/** Sums of powers, which lose all digits where the mean is large. */
class PlainPowers implements Plain {
  n = 0
  sum = 0
  squares = 0
  cubes = 0
  fourths = 0
  add({ latency }: Row): void {
    this.n++
    this.sum += latency
    this.squares += latency * latency
    this.cubes += latency ** 3
    this.fourths += latency ** 4
  }
  value(): unknown {
    return this.squares / this.n - (this.sum / this.n) ** 2
  }
}

class PlainLast implements Plain {
  last: Row | null = null
  add(row: Row): void {
    if (this.last === null || row.time >= this.last.time) this.last = row
  }
  value(): unknown {
    return this.last?.latency
  }
}

/** Keeps all values and sorts them. */
class PlainValues implements Plain {
  values: number[] = []
  add({ latency }: Row): void {
    this.values.push(latency)
  }
  value(): unknown {
    this.values.sort((a, b) => a - b)
    return this.values[Math.ceil(0.95 * this.values.length) - 1]
  }
}

class PlainSet implements Plain {
  set = new Set<string>()
  add({ model }: Row): void {
    this.set.add(model)
  }
  value(): unknown {
    return this.set.size
  }
}

class PlainCounts implements Plain {
  counts = new Map<string, number>()
  add({ model }: Row): void {
    this.counts.set(model, (this.counts.get(model) ?? 0) + 1)
  }
  value(): unknown {
    return [...this.counts].sort(([, a], [, b]) => b - a).slice(0, 10)
  }
}

class PlainPairs implements Plain {
  n = 0
  x = 0
  y = 0
  xx = 0
  yy = 0
  xy = 0
  add({ latency: x, tokens: y }: Row): void {
    this.n++
    this.x += x
    this.y += y
    this.xx += x * x
    this.yy += y * y
    this.xy += x * y
  }
  value(): unknown {
    return this.n * this.xy - this.x * this.y
  }
}

const of = 'latency'
const CASES: readonly (readonly [AggregateSpec, () => Plain])[] = [
  [{ as: 'count', aggregate: 'count' }, () => new PlainSum()],
  [{ as: 'sum', aggregate: 'sum', of }, () => new PlainSum()],
  [{ as: 'sum of i32', aggregate: 'sum', of: 'tokens' }, () => new PlainSum()],
  [{ as: 'mean', aggregate: 'mean', of }, () => new PlainSum()],
  [{ as: 'min', aggregate: 'min', of }, () => new PlainExtremes()],
  [{ as: 'max', aggregate: 'max', of }, () => new PlainExtremes()],
  [{ as: 'stddev', aggregate: 'stddev', of }, () => new PlainPowers()],
  [{ as: 'kurtosis', aggregate: 'kurtosis', of }, () => new PlainPowers()],
  [{ as: 'last', aggregate: 'last', of }, () => new PlainLast()],
  [{ as: 'ema by time', aggregate: 'ema', of, half_life: 1000 }, () => new PlainSum()],
  [{ as: 'correlation', aggregate: 'correlation', of, with: 'tokens' }, () => new PlainPairs()],
  [{ as: 'p95', aggregate: 'quantile', of, q: 0.95 }, () => new PlainValues()],
  [{ as: 'distinct', aggregate: 'distinct', of: 'model' }, () => new PlainSet()],
  [{ as: 'top 10', aggregate: 'top_k', of: 'model' }, () => new PlainCounts()],
]

const shown = (seconds: number) => ((seconds / ROWS) * 1e9).toFixed(1)

/** Median, and between which rounds. */
function summary(all: readonly number[]): string {
  const sorted = all.toSorted((a, b) => a - b)
  const [least = 0, greatest = 0] = [sorted[0], sorted.at(-1)]
  const middle = ((sorted[(ROUNDS - 1) >> 1] ?? 0) + (sorted[ROUNDS >> 1] ?? 0)) / 2
  return `${shown(middle)} (${shown(least)}–${shown(greatest)})`
}

process.stdout.write(
  `${ROWS} rows, ${slotNumbers.size} states, ${ROUNDS} rounds after one to warm up; ns per row: median (range)\n` +
    '| aggregate | columns of states | object per key | bytes per state |\n|---|---|---|---|\n',
)
for (const [spec, make] of CASES) {
  const ours: number[] = []
  const theirs: number[] = []
  let bytes = 0
  for (let round = -1; round < ROUNDS; round++) {
    const [seconds, held] = columnar(spec)
    const other = plain(make)
    bytes = held
    if (round < 0) continue
    ours.push(seconds)
    theirs.push(other)
  }
  process.stdout.write(
    `| ${spec.as} | ${summary(ours)} | ${summary(theirs)} | ${Math.round(bytes)} |\n`,
  )
}
