import { expect, test } from 'vitest'
import { percentile, runKillCycles } from './kill-cycles.ts'
import { LIMIT_MS } from './limit.ts'

/** `npm run test:faults` has thousands. */
const CYCLES = 24

test('SIGKILL under four writers and during recovery: nothing acknowledged is lost or counted twice', {
  timeout: LIMIT_MS,
}, async () => {
  const report = await runKillCycles({ seed: 20_260_105, cycles: CYCLES, cyclesPerFolder: 12 })
  const { readyMs, duringRecovery, acknowledged, requests, ambiguous } = report
  const ready = [0.5, 0.9, 0.99].map((q) => `p${q * 100} ${Math.round(percentile(readyMs, q))} ms`)
  console.log(
    `${CYCLES} kills (${duringRecovery} during recovery), ${acknowledged} events acknowledged, ` +
      `${ambiguous} of ${requests} requests without an answer; ready again: ${ready.join(', ')}`,
  )
  expect(duringRecovery).toBeGreaterThan(0)
  expect(acknowledged).toBeGreaterThan(CYCLES)
  expect(ambiguous).toBeGreaterThan(0)
})
