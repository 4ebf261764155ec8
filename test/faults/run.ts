import { parseArgs } from 'node:util'
import { withHub } from '../support/hub-process.ts'
import {
  runDiskFull,
  runNthSyncFailure,
  runSyncFailure,
  whyNoMount,
  whyNoStrace,
} from './disk-faults.ts'
import { runDuplicateStorm } from './duplicate-storm.ts'
import { FaultFound } from './fault-found.ts'
import { percentile, runKillCycles } from './kill-cycles.ts'
import { runSabotage, SABOTAGES } from './sabotage.ts'
import { runSchedules } from './schedules.ts'
import {
  damage,
  damageInUse,
  deleteDatabase,
  demandSameAnswers,
  flipBitsInUse,
  withStored,
} from './store-faults.ts'
import { runTailFaults } from './tail-faults.ts'

/**
 * `npm run test:faults [-- --cycles 1000 --only kill,disk --seed 1]`: every fault for a long time.
 * `--cycles` are kills and schedules, `--events` those of the duplicates; `--share 0.1` makes a tenth of all cycles.
 * `--only schedules --first 7 --steps 9 --now T --cycles 1` is the beginning of one schedule, as a
 * failure tells it. Ends with a table; exit 1 when a promise was broken.
 */

interface Row {
  readonly fault: string
  readonly cycles: number
  readonly result: string
  readonly seconds: number
}

interface Fault {
  readonly name: string
  readonly cycles: number
  /** Why it cannot be tried on this machine, or null. */
  readonly whyNot?: () => Promise<string | null>
  /** Answers what to show; throws FaultFound. */
  readonly run: (cycles: number, seed: number) => Promise<string>
}

const READY_WITHIN_MS = 5000
const EVENTS_OF_STORE = 20_000
/** So many that the time of a rebuild is that of events. */
const EVENTS_OF_FLIPS = 100_000

const { values } = parseArgs({
  options: {
    cycles: { type: 'string' },
    events: { type: 'string', default: '1000000' },
    seed: { type: 'string', default: '1' },
    share: { type: 'string', default: '1' },
    only: { type: 'string', default: '' },
    first: { type: 'string', default: '0' },
    steps: { type: 'string' },
    now: { type: 'string' },
  },
})
const seed = Number(values.seed)
const only = values.only === '' ? null : values.only.split(',')

const FAULTS: readonly Fault[] = [
  { name: 'kill', cycles: Number(values.cycles ?? 1000), run: kill },
  { name: 'schedules', cycles: Number(values.cycles ?? 100), run: schedules },
  {
    name: 'duplicates',
    cycles: 1,
    run: async (_cycles, from) => {
      const events = Number(values.events)
      const { unique, stored } = await runDuplicateStorm({ seed: from, events, batch: 2000 })
      return `${events} sent, ${unique} unique, ${stored} stored`
    },
  },
  {
    name: 'disk full',
    cycles: 20,
    whyNot: whyNoMount,
    run: (cycles, from) =>
      repeat(cycles, async (i) => {
        const megabytes = 8 + 2 * i
        const reserveBytes = i % 2 === 0 ? 0 : 4 << 20
        await runDiskFull({ seed: from + i, megabytes, reserveBytes })
      }),
  },
  {
    name: 'fdatasync EIO',
    cycles: 20,
    whyNot: whyNoStrace,
    run: (cycles, from) => repeat(cycles, (i) => runSyncFailure({ seed: from + i })),
  },
  {
    name: 'n-th sync EIO',
    cycles: 30,
    whyNot: whyNoStrace,
    run: async (cycles, from) => {
      const counts = { refused: 0, failed: 0, ran: 0 }
      await repeat(cycles, async (i) => {
        counts[await runNthSyncFailure(from, i + 1)]++
      })
      return JSON.stringify(counts)
    },
  },
  {
    name: 'store damaged',
    cycles: 20,
    run: (cycles, from) =>
      withStored(from, EVENTS_OF_STORE, async (stored) => {
        const places = ['header', 'checkpoint header', 'middle', 'end', 'everything'] as const
        return repeat(cycles, async (i) => {
          const place = places[i % (places.length + 1)]
          if (place === undefined) deleteDatabase(stored)
          else damage(stored, place, from + i)
          await withHub(stored.start, async (hub) => {
            await demandSameAnswers(hub, stored)
            await hub.stop()
          })
        })
      }),
  },
  {
    name: 'store damaged in use',
    cycles: 10,
    run: (cycles, from) =>
      withStored(from, EVENTS_OF_STORE, (stored) =>
        repeat(cycles, (i) => damageInUse(stored, from + i)),
      ),
  },
  {
    name: 'bits of the store in use',
    cycles: 20,
    run: (cycles, from) =>
      withStored(from, EVENTS_OF_FLIPS, async (stored) => {
        const options = { seed: from, rounds: cycles, bits: 8 }
        const { bits, found, answered, refused, rebuildMs } = await flipBitsInUse(stored, options)
        const median = percentile(
          rebuildMs.toSorted((a, b) => a - b),
          0.5,
        )
        const events = stored.ledger.acknowledged.size
        const scaled = (median * 1e7) / events / 60_000
        return (
          `${bits} bits, found in ${found} of ${cycles} rounds, ${answered} answers right, ${refused} refused; ` +
          `rebuilt in ${Math.round(median)} ms (median, ${events} events: ${scaled.toFixed(1)} min for 10 M)`
        )
      }),
  },
  {
    name: 'log tail',
    cycles: 500,
    run: async (cycles, from) => {
      const { refused, cut, harmless } = await runTailFaults({ seed: from, trials: cycles })
      return `${refused} refused, ${cut} cut, ${harmless} harmless`
    },
  },
  ...Object.keys(SABOTAGES).map((name) => ({
    name: `sabotage ${name}`,
    cycles: 1,
    whyNot: name === 'ack_before_sync' ? whyNoStrace : () => Promise.resolve(null),
    run: async (_cycles: number, from: number) => `caught: ${await runSabotage(name, from)}`,
  })),
]

async function kill(cycles: number, from: number): Promise<string> {
  const report = await runKillCycles({
    seed: from,
    cycles,
    onCycle: (done) => {
      if (done % 50 === 0) process.stderr.write(`kill: ${done} of ${cycles}\n`)
    },
  })
  const { readyMs, duringRecovery, acknowledged, ambiguous } = report
  const ready = [0.5, 0.9, 0.99, 1].map((q) => Math.round(percentile(readyMs, q)))
  if ((ready[2] ?? 0) > READY_WITHIN_MS) {
    throw new FaultFound(`ready again only after ${ready[2]} ms (p99 of ${readyMs.length})`)
  }
  return (
    `${duringRecovery} in recovery, ${acknowledged} events, ${ambiguous} ambiguous requests, ` +
    `ready p50/p90/p99/max ${ready.join('/')} ms`
  )
}

async function schedules(cycles: number, from: number): Promise<string> {
  const { steps, now } = values
  const report = await runSchedules({
    seed: from,
    first: Number(values.first),
    schedules: cycles,
    ...(steps === undefined ? {} : { steps: Number(steps) }),
    ...(now === undefined ? {} : { now: Number(now) }),
    onSchedule: (done) => {
      if (done % 10 === 0) process.stderr.write(`schedules: ${done} of ${cycles}\n`)
    },
  })
  const { acts, events, letters, interrupted } = report
  return (
    `${report.steps} steps equal to the model, ${events} events, ${letters} letters, ` +
    `${interrupted} acts killed in the middle; ${JSON.stringify(acts)}`
  )
}

async function repeat(cycles: number, run: (i: number) => Promise<unknown>): Promise<string> {
  for (let i = 0; i < cycles; i++) await run(i)
  return 'held'
}

function show({ fault, cycles, result, seconds }: Row): string {
  return `${fault.padEnd(28)} ${String(cycles).padStart(6)} ${seconds.toFixed(0).padStart(7)} s  ${result}`
}

// Ctrl-C ends the hubs as well: they stop with this process when it exits, not when it is killed.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130))

const rows: Row[] = []
let broken = 0
for (const { name, cycles: all, whyNot, run } of FAULTS) {
  const cycles = Math.max(1, Math.round(all * Number(values.share)))
  if (only !== null && !only.some((wanted) => name.startsWith(wanted))) continue
  const since = performance.now()
  const reason = (await whyNot?.()) ?? null
  let result = reason === null ? '' : `skipped: ${reason}`
  if (reason === null) {
    try {
      result = await run(cycles, seed)
    } catch (error) {
      broken++
      result = `BROKEN, seed ${seed}`
      process.stderr.write(`${name}: ${error instanceof Error ? error.stack : String(error)}\n`)
    }
  }
  const row = { fault: name, cycles, result, seconds: (performance.now() - since) / 1000 }
  rows.push(row)
  process.stderr.write(`${show(row)}\n`)
}
process.stdout.write(
  `\n${rows.map(show).join('\n')}\n\n${rows.length - broken} passed, ${broken} failed\n`,
)
process.exitCode = broken === 0 ? 0 : 1
