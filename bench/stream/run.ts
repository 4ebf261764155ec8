/**
 * Nexmark on the stream engine, in this process and on one core: `npm run bench:stream`.
 *
 *     --quick        a fifth of the events and two rounds
 *     --only A,B     queries, and `keys` and `flood`; default all
 *
 * Nothing here judges by time: figures of a busy machine are only good as ratios to the naive program's
 * beside them, which ran in the same process.
 */
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { commitOf, describeMachine } from '../report.ts'
import { type Flood, type KeyMemory, measureFlood, measureKeys } from './limits.ts'
import { type Measured, measureQuery, streamOf } from './measure.ts'
import { nexmarkBatches } from './nexmark-events.ts'
import { QUERIES } from './queries.ts'

const { values: flags } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string', default: [...Object.keys(QUERIES), 'keys', 'flood'].join() },
  },
})
const wanted = new Set(flags.only.split(','))
const ROUNDS = flags.quick ? 2 : 6
const EVENTS = flags.quick ? 400_000 : 2_000_000
/** Events per second of event time: windows of 10 s then hold about 6,000 auctions. */
const RATE = 10_000
const DISORDER = 1_000
const SEED = 20_261_121
const NAIVE_BATCHES = flags.quick ? 20 : 60
const MEGA = 1e6
const MIB = 1024 * 1024

/**
 * Thousands of events per second and core that Flink reached: V1, 8 slots with RocksDB, and V2 (Flink 2.x).
 * https://github.com/nexmark/nexmark, GUIDE_V1.md and GUIDE_V2.md; goal is ours, M/s.
 */
const PUBLISHED: Readonly<
  Record<string, { readonly v1: number; readonly v2: number; readonly goal: number }>
> = {
  q0: { v1: 155, v2: 378, goal: 2 },
  q1: { v1: 158, v2: 396, goal: 2 },
  q2: { v1: 175, v2: 414, goal: 2 },
  q5: { v1: 22.1, v2: 74.5, goal: 1 },
  q7: { v1: 12.3, v2: 22.9, goal: 1 },
  q8: { v1: 146, v2: 162, goal: 1 },
  q11: { v1: 39.7, v2: 46.1, goal: 0.5 },
  q12: { v1: 75.7, v2: 194, goal: 1 },
}

const measured: Measured[] = []
const names = Object.keys(QUERIES).filter((name) => wanted.has(name))
if (names.length > 0) {
  const options = { seed: SEED, events: EVENTS, rate: RATE, batchRows: 4_096, disorder: DISORDER }
  const stream = streamOf([...nexmarkBatches(options)], DISORDER)
  for (const name of names) {
    process.stderr.write(`${name} …\n`)
    measured.push(await measureQuery(name, stream, ROUNDS, NAIVE_BATCHES))
  }
}
const keys = wanted.has('keys') ? measureKeys(1_000_000) : null
const flood = wanted.has('flood') ? measureFlood(100_000, ROUNDS) : null
const text = report(measured, keys, flood)
process.stdout.write(`${text}\n`)
const folder = fileURLToPath(new URL('../results', import.meta.url))
await mkdir(folder, { recursive: true })
await writeFile(join(folder, 'stream.md'), text)

function report(all: readonly Measured[], memory: KeyMemory | null, flooded: Flood | null): string {
  const { cpu, cores, node, kernel } = describeMachine()
  const rows = all.map((one) => {
    const { v1 = Number.NaN, v2 = Number.NaN, goal = Number.NaN } = PUBLISHED[one.query] ?? {}
    const { p50, p99, count } = one.latency
    return [
      one.query,
      `${fixed(one.rate / MEGA)} (${fixed(one.least / MEGA)}–${fixed(one.most / MEGA)})`,
      fixed(goal),
      fixed(one.naiveRate / MEGA),
      `${fixed(one.rate / one.naiveRate, 1)}×`,
      `${fixed(v1 / 1000, 3)} / ${fixed(v2 / 1000, 3)}`,
      one.open === 0 ? '–' : `${fixed(p50, 1)} / ${fixed(p99, 1)} (${count})`,
      one.open < 1_000
        ? '–'
        : `${Math.round(one.bytesPerOpen)} of ${one.open.toLocaleString('en')}`,
      one.rows.toLocaleString('en'),
    ]
  })
  const head = [
    'query',
    'M events/s (least–most)',
    'goal',
    'naive',
    'faster',
    'Flink V1 / V2, M/s per core',
    'ms to emit at half load, p50 / p99 (emissions)',
    'bytes per key and window',
    'rows out',
  ]
  return [
    '# Nexmark on one core',
    '',
    `${cpu}, ${cores} cores, of which this uses one; Node ${node}, ${kernel}; commit ${commitOf() ?? 'unknown'}.`,
    `${EVENTS.toLocaleString('en')} events, persons : auctions : bids 1 : 3 : 46, at ${RATE.toLocaleString('en')} per second of event time, up to`,
    `${DISORDER / 1000} s out of order; batches of 4,096 rows; median of ${ROUNDS} rounds behind one that compiles.`,
    '',
    table(head, rows),
    '',
    'All events count, also those that a query leaves out, as in the published figures. The naive program makes an object per',
    'event and a text per key and window, in the same process and run. Flink’s figures are those of its own guides and no',
    'comparison of like with like: there state is in RocksDB or in files, checkpoints are taken and events come over a',
    'connector from a generator of their own; here columns are in memory and state is on the heap of one process.',
    'q0 to q2 keep nothing and need no window: they are loops over columns and show how little is left when no row is an object.',
    'q12 counts by the clock; here the event’s time is told as the clock’s.',
    ...(memory === null
      ? []
      : [
          '',
          `A million keys with an open hour of count and sum each hold ${fixed(memory.held / MIB, 0)} MiB (the operator`,
          `says ${fixed(memory.told / MIB, 0)} MiB): ${Math.round(memory.held / memory.keys)} bytes per key. Limit: 1,024 MiB.`,
        ]),
    ...(flooded === null
      ? []
      : [
          '',
          `A row of a known key takes ${fixed(flooded.alone, 0)} ns with ${flooded.limit.toLocaleString('en')} keys, the limit. When every second row has a`,
          `key beyond it, rows take ${fixed(flooded.flooded, 0)} ns each: ${fixed(flooded.flooded / flooded.alone, 2)}×. Limit: 2×.`,
        ]),
    '',
  ].join('\n')
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')
}

function fixed(value: number, digits = 2): string {
  return Number.isNaN(value) ? '–' : value.toFixed(digits)
}
