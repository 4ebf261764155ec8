import { expect, test } from 'vitest'
import { runDiskFull, runSyncFailure, whyNoMount, whyNoStrace } from './disk-faults.ts'

const noMount = await whyNoMount()
const noStrace = await whyNoStrace()
for (const reason of [noMount, noStrace]) if (reason !== null) console.log(`skipped: ${reason}`)

test.skipIf(noMount !== null).each([
  ['the disk itself', 0],
  ['the reserve', 4 << 20],
])(
  'a full disk, stopped by %s: 503 disk_full alone, nothing lost, resumes by itself',
  { timeout: 180_000 },
  async (_name, reserveBytes) => {
    const report = await runDiskFull({ seed: 21, megabytes: 12, reserveBytes })
    expect(report.refused).toBeGreaterThan(10)
    expect(report.acknowledged).toBeGreaterThan(1000)
  },
)

test.skipIf(noStrace !== null)(
  'a failed fdatasync: nothing acknowledged falsely, exit 75, a clean start afterwards',
  { timeout: 120_000 },
  async () => {
    const { acknowledged, exitCode } = await runSyncFailure({ seed: 22 })
    expect(exitCode).toBe(75)
    expect(acknowledged).toBe(330)
  },
)
