import { whyNoExt4Disk } from '../support/ext4-disk.ts'
import { withHub } from '../support/hub-process.ts'
import { runBombs } from './bombs.ts'
import { runClockJump, whyNoFakeTime } from './clock-jump.ts'
import { runDiskFull, runNthSyncFailure, runSyncFailure, whyNoMount } from './disk-faults.ts'
import { runDuplicateStorm } from './duplicate-storm.ts'
import { runEventTimes } from './event-times.ts'
import { FaultFound } from './fault-found.ts'
import { runFewDescriptors } from './few-descriptors.ts'
import { percentile, runKillCycles } from './kill-cycles.ts'
import { runManyConnections } from './many-connections.ts'
import { runManyValues } from './many-values.ts'
import { runPowerLoss } from './power-loss.ts'
import { runQuestionStorm } from './question-storm.ts'
import { runReadOnly } from './read-only.ts'
import { runSabotage, SABOTAGES } from './sabotage.ts'
import { runSchedules } from './schedules.ts'
import { runSchemaDrift } from './schema-drift.ts'
import { runSlowClients } from './slow-clients.ts'
import { runSlowDisk } from './slow-disk.ts'
import { runSmallHeap } from './small-heap.ts'
import { runStall } from './stall.ts'
import { runStopUnderLoad } from './stop-under-load.ts'
import {
  damage,
  damageInUse,
  deleteDatabase,
  demandSameAnswers,
  flipBitsInUse,
  withStored,
} from './store-faults.ts'
import { whyNoStrace } from './strace.ts'
import { runTailFaults } from './tail-faults.ts'
import { runTestFiles } from './test-files.ts'

/**
 * Every fault, what is done, how often, and which promises are looked at.
 *
 * Promises: L nothing acknowledged is lost · R nothing rejected is visible · D nothing counts twice ·
 * A every report equals a recount · C accepted + duplicates + rejected = sent · V the hub's own checks
 * of log, store and rollups find nothing · H /ready tells the truth · B memory, files and disk are
 * bounded · 5 no 5xx but 503 with `Retry-After`, and no crash.
 */

export interface Fault {
  /** Number in the list of faults: F1 to F30. */
  readonly id: string
  readonly name: string
  readonly did: string
  readonly promises: string
  readonly cycles: number
  /** Why it cannot be tried, here or at all, or null. */
  readonly whyNot?: () => Promise<string | null>
  /** Answers what to show; throws FaultFound. */
  readonly run: (cycles: number, seed: number) => Promise<string>
}

export interface MatrixOptions {
  /** Kills; default 1,000. Schedules; default 100. */
  readonly cycles?: number
  /** Events of the storm of duplicates. */
  readonly events: number
  /** Requests that are fuzzed. */
  readonly requests: number
  /** The first schedule, and how much of it. */
  readonly schedules: { readonly first: number; readonly steps?: number; readonly now?: number }
}

const READY_WITHIN_MS = 5000
const EVENTS_OF_STORE = 20_000
/** So many that the time of a rebuild is that of events. */
const EVENTS_OF_FLIPS = 100_000
const STILL_MS = 30_000

export function faultMatrix(options: MatrixOptions): readonly Fault[] {
  return [
    {
      id: 'F1',
      name: 'kill',
      did: 'SIGKILL under four writers, while stopping, in recovery',
      promises: 'L R D A C V',
      cycles: options.cycles ?? 1000,
      run: kill,
    },
    {
      id: 'F1',
      name: 'schedules',
      did: 'random acts of maintenance and kills against a model',
      promises: 'L R D A C V',
      cycles: options.cycles ?? 100,
      run: (cycles, from) => schedules(options.schedules, cycles, from),
    },
    {
      id: 'F23',
      name: 'duplicates',
      did: '30 % sent again on 8 connections, a stop and a kill between',
      promises: 'D A C',
      cycles: 1,
      run: async (_cycles, from) => {
        const { events } = options
        const { unique, stored } = await runDuplicateStorm({ seed: from, events, batch: 2000 })
        return `${events} sent, ${unique} unique, ${stored} stored`
      },
    },
    {
      id: 'F4',
      name: 'disk full',
      did: 'a tmpfs filled to the end or to the reserve, then larger',
      promises: 'L A V H 5',
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
      id: 'F6',
      name: 'fdatasync EIO',
      did: 'every fdatasync fails from a moment on',
      promises: 'L V',
      cycles: 20,
      whyNot: whyNoStrace,
      run: (cycles, from) => repeat(cycles, (i) => runSyncFailure({ seed: from + i })),
    },
    {
      id: 'F6',
      name: 'n-th sync EIO',
      did: 'the n-th sync of each thread fails, n = 1, 2, …',
      promises: 'L V',
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
      id: 'F13',
      name: 'store damaged',
      did: 'the database overwritten or deleted between two starts',
      promises: 'A',
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
      id: 'F13',
      name: 'store damaged in use',
      did: 'the database overwritten under a running hub',
      promises: 'L A 5',
      cycles: 10,
      run: (cycles, from) =>
        withStored(from, EVENTS_OF_STORE, (stored) =>
          repeat(cycles, (i) => damageInUse(stored, from + i)),
        ),
    },
    {
      id: 'F3',
      name: 'bits of the store in use',
      did: 'bits of the database flipped under a running hub',
      promises: 'A 5',
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
      id: 'F3',
      name: 'log tail',
      did: 'the journal cut or overwritten near its end',
      promises: 'L A V',
      cycles: 500,
      run: async (cycles, from) => {
        const { refused, cut, harmless } = await runTailFaults({ seed: from, trials: cycles })
        return `${refused} refused, ${cut} cut, ${harmless} harmless`
      },
    },
    {
      id: 'F2',
      name: 'power loss',
      did: 'ext4 shut down under four writers, unsynced writes gone',
      promises: 'L R D A C V',
      cycles: 50,
      whyNot: whyNoExt4Disk,
      run: async (cycles, seed) => {
        const lateSyncs = (await whyNoStrace()) === null
        const { acknowledged, lost } = await runPowerLoss({ seed, cycles, lateSyncs })
        return `${acknowledged} events, ${lost} requests without an answer`
      },
    },
    {
      id: 'F5',
      name: 'few descriptors',
      did: 'ulimit -n 64 and twice as many connections; 38 to 44 as well',
      promises: 'L D A V B',
      cycles: 4,
      run: async (cycles, seed) => {
        const shown: string[] = []
        await repeat(cycles, async (i) => {
          const limit = i === 0 ? 64 : 36 + 2 * i
          const mayEnd = i > 0
          const report = await runFewDescriptors({ seed: seed + i, limit, forMs: 3000, mayEnd })
          shown.push(`${limit}: ${report.ending}, at most ${report.most} open`)
        })
        return shown.join('; ')
      },
    },
    {
      id: 'F7',
      name: 'read-only disk',
      did: 'ext4 turned read-only under a running hub, then healthy again',
      promises: 'L R D A V',
      cycles: 5,
      whyNot: whyNoExt4Disk,
      run: async (cycles, from) => {
        let shown = ''
        await repeat(cycles, async (i) => {
          const { ending, start } = await runReadOnly({ seed: from + i })
          shown = `ended with ${ending}, a start with ${start}`
        })
        return shown
      },
    },
    {
      id: 'F8',
      name: 'slow disk',
      did: 'every sync takes 2 s for 30 s, 16 writers',
      promises: 'L D A V B 5',
      cycles: 3,
      whyNot: whyNoStrace,
      run: async (cycles, from) => {
        const shown: string[] = []
        await repeat(cycles, async (i) => {
          const report = await runSlowDisk({ seed: from + i, delayMs: 2000, forMs: STILL_MS })
          const { p50Ms, maxMs, growthMb, refused } = report
          shown.push(
            `p50/max ${Math.round(p50Ms)}/${Math.round(maxMs)} ms, +${Math.round(growthMb)} MB, ${refused} refused`,
          )
        })
        return shown.join('; ')
      },
    },
    {
      id: 'F9',
      name: 'small heap',
      did: 'heaps of 64, 40, 32 and 28 MB, 12 writers of up to 4,000 events',
      promises: 'L R D A C V',
      cycles: 4,
      run: async (cycles, from) => {
        const shown: string[] = []
        await repeat(cycles, async (i) => {
          const heapMb = [64, 40, 32, 28][i % 4] ?? 64
          const report = await runSmallHeap({ seed: from + i, heapMb, forMs: 8000 })
          shown.push(`${heapMb} MB: ${report.ending}, ${report.acknowledged} events`)
        })
        return shown.join('; ')
      },
    },
    {
      id: 'F10',
      name: 'stall',
      did: 'SIGSTOP for 30 s under clients that give up after 1.5 s',
      promises: 'L R D A C V',
      cycles: 3,
      run: async (cycles, from) => {
        let gaveUp = 0
        await repeat(cycles, async (i) => {
          gaveUp += (await runStall({ seed: from + i, stillMs: STILL_MS })).givenUp
        })
        return `${gaveUp} requests given up and sent again`
      },
    },
    {
      id: 'F11',
      name: 'clock jump',
      did: '±1 h, ±10 years, past 2038 and back under a running hub',
      promises: 'L D A V H',
      cycles: 1,
      whyNot: whyNoFakeTime,
      run: async (cycles, from) => {
        let jumps = 0
        await repeat(cycles, async (i) => {
          jumps += (await runClockJump({ seed: from + i })).jumps
        })
        return `${jumps} jumps`
      },
    },
    notThere('F12', 'database down', 'the store is embedded: there is no PostgreSQL yet'),
    notThere('F14', 'Redis down', 'nothing is kept in Redis yet'),
    notThere('F15', 'broker down', 'there is no Kafka receiver yet'),
    {
      id: 'F20',
      name: 'bombs',
      did: '128 MB in kilobytes: gzip, zstd, nested, many members',
      promises: 'B A 5',
      cycles: 10,
      run: async (cycles, seed) => {
        const { refused, growthMb } = await runBombs({ seed, rounds: cycles, megabytes: 128 })
        return `${refused} refused, +${Math.round(growthMb)} MB`
      },
    },
    {
      id: 'F21',
      name: 'slow clients',
      did: '100 each that drip headers, drip bodies, never read',
      promises: 'L D A V B',
      cycles: 1,
      run: async (_cycles, seed) => {
        const report = await runSlowClients({ seed, each: 100 })
        const { headersClosedAfter, bodiesClosedAfter, p99BeforeMs, p99DuringMs, growthMb } = report
        return (
          `closed after ${headersClosedAfter.toFixed(1)} and ${bodiesClosedAfter.toFixed(1)} s; ` +
          `good p99 ${Math.round(p99BeforeMs)} → ${Math.round(p99DuringMs)} ms, +${Math.round(growthMb)} MB`
        )
      },
    },
    {
      id: 'F22',
      name: 'many connections',
      did: '2,000 connections opened at once and closed, again and again',
      promises: 'L D A V B',
      cycles: 5,
      run: async (cycles, seed) => {
        const report = await runManyConnections({ seed, connections: 2000, storms: cycles })
        return `at most ${report.most} files open, +${Math.round(report.growthMb)} MB`
      },
    },
    {
      id: 'F24',
      name: 'event times',
      did: 's, ms, µs, ns, zones, epoch 0, 2099, 400 days late, out of order',
      promises: 'R A C',
      cycles: 5,
      run: async (cycles, from) => {
        const counts = { stored: 0, rejected: 0 }
        await repeat(cycles, async (i) => {
          const { stored, rejected } = await runEventTimes({ seed: from + i, events: 4000 })
          counts.stored += stored
          counts.rejected += rejected
        })
        return `${counts.stored} at their time, ${counts.rejected} rejected`
      },
    },
    {
      id: 'F25',
      name: 'schema drift',
      did: 'unknown fields, other versions, fields of another type',
      promises: 'A C V 5',
      cycles: 1,
      run: async () => {
        const { taken, rejected } = await runSchemaDrift()
        return `${taken} taken with all their fields, ${rejected} rejected by name`
      },
    },
    {
      id: 'F18-25',
      name: 'fuzz',
      did: 'requests bent in type, range, depth, keys and encoding',
      promises: 'C B 5',
      cycles: options.requests,
      run: (cycles) =>
        runTestFiles(['test/hostile/fuzz.test.ts'], { LLMHUB_FUZZ_REQUESTS: String(cycles) }),
    },
    {
      id: 'F18-21',
      name: 'bad input',
      did: 'bodies, headers and connections that are not what they should be',
      promises: 'C B 5',
      cycles: 1,
      run: () => runTestFiles(['test/hostile/bad-input.test.ts']),
    },
    {
      id: 'F26',
      name: 'many values',
      did: '100,000 events, each with its own user, model and tag',
      promises: 'A B',
      cycles: 1,
      run: async () => {
        const { residentMb, growthMb } = await runManyValues({ values: 100_000 })
        return `${Math.round(residentMb)} MB at most, +${Math.round(growthMb)} MB`
      },
    },
    {
      id: 'F27',
      name: 'question storm',
      did: '24 clients ask expensive questions for 20 s, 2 writers',
      promises: 'L D A V B 5',
      cycles: 2,
      run: async (cycles, from) => {
        const shown: string[] = []
        await repeat(cycles, async (i) => {
          const options = { seed: from + i, events: 20_000, askers: 24, forMs: 20_000 }
          const { answered, refused, p99BeforeMs, p99DuringMs } = await runQuestionStorm(options)
          shown.push(
            `${answered} answered, refused ${JSON.stringify(refused)}, ` +
              `ingest p99 ${Math.round(p99BeforeMs)} → ${Math.round(p99DuringMs)} ms`,
          )
        })
        return shown.join('; ')
      },
    },
    {
      id: 'F28',
      name: 'stop under load',
      did: 'SIGTERM under four writers that send again',
      promises: 'L R D A C V',
      cycles: 100,
      run: async (cycles, seed) => {
        const { acknowledged, lost, slowestStopMs } = await runStopUnderLoad({ seed, cycles })
        return `${acknowledged} events, ${lost} requests sent again, stopped in ${Math.round(slowestStopMs)} ms at most`
      },
    },
    {
      id: 'F29',
      name: 'upgrade',
      did: 'a kill in every migration step; newer formats; older releases',
      promises: 'V',
      cycles: 1,
      run: () =>
        runTestFiles([
          'test/upgrade',
          'packages/hub/test/releases',
          'packages/hub/test/scenarios/newer-formats',
          'packages/hub/src/control/sqlite/migrations',
          'packages/hub/src/store/duckdb/migrate',
        ]),
    },
    {
      id: 'F30',
      name: 'backup and erasure',
      did: 'backups under load, killed, restored; erased stays erased',
      promises: 'A V',
      cycles: 1,
      run: () =>
        runTestFiles([
          'packages/hub/test/backup',
          'packages/hub/test/scenarios/backup',
          'test/erasure',
        ]),
    },
    ...Object.keys(SABOTAGES).map((name) => ({
      id: 'all',
      name: `sabotage ${name}`,
      did: 'the promise broken on purpose: the check must see it',
      promises: 'the checks',
      cycles: 1,
      whyNot: name === 'ack_before_sync' ? whyNoStrace : () => Promise.resolve(null),
      run: async (_cycles: number, from: number) => `caught: ${await runSabotage(name, from)}`,
    })),
  ]
}

/** A fault of a part that this release does not have. */
function notThere(id: string, name: string, reason: string): Fault {
  return {
    id,
    name,
    did: '—',
    promises: '—',
    cycles: 0,
    whyNot: () => Promise.resolve(`not there yet: ${reason}`),
    run: () => Promise.reject(new Error(reason)),
  }
}

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
    throw new FaultFound(
      `every promise held, but ready again only after p50/p90/p99/max ${ready.join('/')} ms of ${readyMs.length}`,
    )
  }
  return (
    `${duringRecovery} in recovery, ${acknowledged} events, ${ambiguous} ambiguous requests, ` +
    `ready p50/p90/p99/max ${ready.join('/')} ms`
  )
}

async function schedules(
  { first, steps, now }: MatrixOptions['schedules'],
  cycles: number,
  from: number,
): Promise<string> {
  const report = await runSchedules({
    seed: from,
    first,
    schedules: cycles,
    ...(steps === undefined ? {} : { steps }),
    ...(now === undefined ? {} : { now }),
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
