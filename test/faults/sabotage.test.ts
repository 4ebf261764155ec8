import { expect, test } from 'vitest'
import { runSyncFailure, whyNoStrace } from './disk-faults.ts'
import { runDuplicateStorm } from './duplicate-storm.ts'
import { FaultFound } from './fault-found.ts'
import { runKillCycles } from './kill-cycles.ts'
import { runTailFaults } from './tail-faults.ts'

/**
 * The harness is only worth something if it notices. Each switch breaks one promise of the hub on
 * purpose; what finds the break must be the check that is there for it.
 */
const noStrace = await whyNoStrace()
if (noStrace !== null) console.log(`skipped: ${noStrace}`)

function sabotaged(name: string) {
  return { LLMHUB_SABOTAGE: name }
}

async function findingOf(run: Promise<unknown>): Promise<string> {
  const outcome = await run.then(
    () => 'nothing was found',
    (error: unknown) => error,
  )
  if (!(outcome instanceof FaultFound)) throw new Error(`expected a finding: ${String(outcome)}`)
  return outcome.message
}

test.skipIf(noStrace !== null)(
  'an acknowledgement before the fsync is caught',
  { timeout: 120_000 },
  async () => {
    const env = sabotaged('ack_before_sync')
    expect(await findingOf(runSyncFailure({ seed: 51, env }))).toMatch(
      /fdatasync failed, and the answer was answered/,
    )
  },
)

test('a log that is read without checksums is caught', { timeout: 240_000 }, async () => {
  const env = sabotaged('skip_checksum')
  expect(await findingOf(runTailFaults({ seed: 52, trials: 60, env }))).toMatch(
    /not noticed|without a word|differ|list of events|not in the way/,
  )
})

test('a missing deduplication is caught', { timeout: 120_000 }, async () => {
  const env = sabotaged('dedup_off')
  expect(await findingOf(runDuplicateStorm({ seed: 53, events: 2000, env, batch: 100 }))).toMatch(
    /600 of them|1400 of them unique/,
  )
  expect(await findingOf(runKillCycles({ seed: 53, cycles: 10, env }))).toMatch(
    /accepted twice|differ from the recount|should be id_conflict/,
  )
})

test('a position that is off by one is caught', { timeout: 240_000 }, async () => {
  const env = sabotaged('position_off_by_one')
  expect(
    await findingOf(runKillCycles({ seed: 54, cycles: 20, cyclesPerFolder: 10, env })),
  ).toMatch(/differ from the recount|list of events|not ready|ended/)
})
