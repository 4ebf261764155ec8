import { parseArgs } from 'node:util'
import { faultMatrix } from './matrix.ts'

/**
 * `npm run test:faults [-- --cycles 1000 --only kill,F10 --seed 1]`: every fault for a long time.
 * `--only` takes names and numbers. `--cycles` are kills and schedules, `--events` those of the
 * duplicates, `--requests` the fuzzed ones; `--share 0.1` makes a tenth of all cycles.
 * `--only schedules --first 7 --steps 9 --now T --cycles 1` is the beginning of one schedule, as a
 * failure tells it. Ends with a table; exit 1 when a promise was broken.
 */

interface Row {
  readonly id: string
  readonly name: string
  readonly did: string
  readonly cycles: number
  readonly promises: string
  readonly result: string
  readonly seconds: number
}

const { values } = parseArgs({
  options: {
    cycles: { type: 'string' },
    events: { type: 'string', default: '1000000' },
    requests: { type: 'string', default: '50000' },
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
const faults = faultMatrix({
  ...(values.cycles === undefined ? {} : { cycles: Number(values.cycles) }),
  events: Number(values.events),
  requests: Number(values.requests),
  schedules: {
    first: Number(values.first),
    ...(values.steps === undefined ? {} : { steps: Number(values.steps) }),
    ...(values.now === undefined ? {} : { now: Number(values.now) }),
  },
})

function show(row: Row): string {
  const { id, name, did, cycles, promises, result, seconds } = row
  const cells = [
    id.padEnd(6),
    name.padEnd(28),
    did.padEnd(68),
    String(cycles).padStart(6),
    promises.padEnd(12),
    `${seconds.toFixed(0).padStart(6)} s`,
    result,
  ]
  return cells.join('  ')
}

const HEADER = [
  '      ',
  'fault'.padEnd(28),
  'what was done'.padEnd(68),
  ' times',
  'held'.padEnd(12),
  '    took',
  'result',
].join('  ')

// Ctrl-C ends the hubs as well: they stop with this process when it exits, not when it is killed.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130))

const rows: Row[] = []
const counts = { passed: 0, failed: 0, skipped: 0 }
for (const { id, name, did, promises, cycles: all, whyNot, run } of faults) {
  if (only !== null && !only.some((wanted) => id === wanted || name.startsWith(wanted))) continue
  const cycles = all === 0 ? 0 : Math.max(1, Math.round(all * Number(values.share)))
  const since = performance.now()
  const reason = (await whyNot?.()) ?? null
  let result = reason === null ? '' : `skipped: ${reason}`
  let held = '—'
  if (reason === null) {
    try {
      result = await run(cycles, seed)
      held = promises
      counts.passed++
    } catch (error) {
      counts.failed++
      result = `BROKEN, seed ${seed}`
      process.stderr.write(`${name}: ${error instanceof Error ? error.stack : String(error)}\n`)
    }
  } else {
    counts.skipped++
  }
  const seconds = (performance.now() - since) / 1000
  const row = { id, name, did, cycles, promises: held, result, seconds }
  rows.push(row)
  process.stderr.write(`${show(row)}\n`)
}
const inOrder = rows.toSorted((a, b) => numberOf(a.id) - numberOf(b.id))
const { passed, failed, skipped } = counts
process.stdout.write(
  `\n${[HEADER, ...inOrder.map(show)].join('\n')}\n\n${passed} passed, ${failed} failed, ${skipped} skipped\n`,
)
process.exitCode = failed === 0 ? 0 : 1

/** F9 before F10; what stands for all comes last. */
function numberOf(id: string): number {
  const [digits] = /\d+/.exec(id) ?? []
  return digits === undefined ? Number.POSITIVE_INFINITY : Number(digits)
}
