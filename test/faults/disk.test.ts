import { expect, test } from 'vitest'
import { runDiskFull, runSyncFailure, whyNoMount } from './disk-faults.ts'
import { LIMIT_MS } from './limit.ts'
import { whyNoStrace } from './strace.ts'

test.for([
  ['the disk itself', 0],
  ['the reserve', 4 << 20],
] as const)(
  'a full disk, stopped by %s: 503 disk_full alone, nothing lost, resumes by itself',
  { timeout: LIMIT_MS },
  async ([, reserveBytes], context) => {
    const reason = await whyNoMount()
    if (reason !== null) context.skip(reason)
    const report = await runDiskFull({ seed: 21, megabytes: 12, reserveBytes })
    expect(report.refused).toBeGreaterThan(10)
    expect(report.acknowledged).toBeGreaterThan(1000)
  },
)

test('a failed fdatasync: nothing acknowledged falsely, exit 75, a clean start afterwards', {
  timeout: LIMIT_MS,
}, async (context) => {
  const reason = await whyNoStrace()
  if (reason !== null) context.skip(reason)
  const { acknowledged, exitCode } = await runSyncFailure({ seed: 22 })
  expect(exitCode).toBe(75)
  expect(acknowledged).toBe(330)
})
