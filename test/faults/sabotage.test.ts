import { expect, test } from 'vitest'
import { whyNoStrace } from './disk-faults.ts'
import { runSabotage, SABOTAGES } from './sabotage.ts'

const noStrace = await whyNoStrace()
if (noStrace !== null) console.log(`skipped: ${noStrace}`)

test.skipIf(noStrace !== null)(
  'an acknowledgement before the fsync is caught',
  { timeout: 120_000 },
  async () => {
    expect(await runSabotage('ack_before_sync', 51)).toContain('fdatasync failed')
  },
)

test.each(Object.keys(SABOTAGES).filter((name) => name !== 'ack_before_sync'))(
  '%s is caught',
  { timeout: 240_000 },
  async (name) => {
    expect(await runSabotage(name, 52)).not.toBe('')
  },
)
