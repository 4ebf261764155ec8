import { systemClock } from '../../src/core/clock.ts'
import { checkpointIn } from '../../src/live/checkpoint-file.ts'
import { LiveConsumer } from '../../src/live/consumer.ts'
import type { LiveDefinition } from '../../src/live/live.ts'
import { openJournalReader } from '../../src/log/journal/reader.ts'
import { planMeasures } from '../../src/query/plan-measures.ts'

/**
 * Counts a log until it is killed, and prints every result of a closed window as a line. Arguments: data folder,
 * the offset up to which the log is durable at first, and the one up to which it grows, record by record.
 */
async function countForEver([
  dataDir = '',
  from = '0',
  until = '0',
]: readonly string[]): Promise<void> {
  const log = openJournalReader(`${dataDir}/log`)
  const consumer = new LiveConsumer({
    log,
    logName: 'child',
    // Everything happens at the time of the events.
    clock: { ...systemClock, now: () => LATE, nowMicros: () => LATE * 1000 },
    planMeasures,
    definitions: [CALLS],
    checkpoint: checkpointIn(dataDir),
    ask: () => Promise.reject(new Error('the store is not asked: nothing is in doubt')),
    projects: () => Promise.resolve(['default']),
    limits: {
      groups: 1000,
      definitions: 5,
      windows: 60,
      results: 10_000,
      disorderMs: 5000,
      idleMs: 1e9,
      intervalMs: 1,
      maxLagRecords: 100_000,
      futureMs: 600_000,
    },
    onUpdates: (updates) => {
      const closed = updates.filter(({ pane }) => pane.closed)
      for (const update of closed) process.stdout.write(`${JSON.stringify(update)}\n`)
    },
    onProblem: (problem) => process.stdout.write(`problem ${problem}\n`),
  })
  const last = BigInt(until)
  await consumer.start(new Map([[0, BigInt(from)]]))
  for (let next = BigInt(from) + 1n; next <= last; next++) {
    consumer.committed(0, next)
    await new Promise((resolve) => systemClock.hold(3, () => resolve(null)))
  }
  await consumer.settled()
  await consumer.stop()
  process.stdout.write('end\n')
}

/** Behind all events of the test. */
const LATE = Date.UTC(2026, 10, 2) + 12 * 3_600_000

const CALLS: LiveDefinition = {
  name: 'calls',
  project: null,
  windows: [
    { type: 'calendar', step: '1m' },
    { type: 'calendar', step: '15m' },
    { type: 'session', gap: '10s' },
  ],
  by: ['model'],
  measures: ['requests.count', 'cost.total', 'latency.avg', 'latency.p95'],
  where: null,
}

await countForEver(process.argv.slice(2))
