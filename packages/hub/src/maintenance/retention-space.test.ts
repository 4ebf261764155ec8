/** Steady state: rounds of events that expire, and what the folder then takes against a fresh one. */
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { inTemporaryFolder, openRetainedHub, type RetainedHub } from '../../test/retained-hub.ts'
import { SAMPLE_START, sampleEvents } from '../store/sample-records.ts'

const DAY = 86_400_000_000
const ROWS = 3_000
/** Records of a day, each of `ROWS` rows spread evenly. */
const RECORDS = 6
const KEPT_DAYS = 4
const DAYS = 8

async function bytesOf(dir: string): Promise<number> {
  let bytes = 0
  for (const entry of await readdir(dir, { recursive: true, withFileTypes: true })) {
    if (entry.isFile()) bytes += (await stat(join(entry.parentPath, entry.name))).size
  }
  return bytes
}

/** The payload of record `n`: days follow each other. */
function record(n: number): Uint8Array {
  const step = Math.floor(DAY / (RECORDS * ROWS))
  return sampleEvents(0, BigInt(n), { rows: ROWS, step }).payload
}

test('after compaction log and store are within 1.3 times of what the living rows take', async () => {
  await inTemporaryFolder(async (dir) => {
    const hub = await openRetainedHub(join(dir, 'used'), { segmentBytes: 400_000, days: KEPT_DAYS })
    const peaks: number[] = []
    for (let day = 0; day < DAYS; day++) {
      for (let i = 0; i < RECORDS; i++) await hub.append(0, record(day * RECORDS + i))
      await hub.settled()
      hub.now = SAMPLE_START + (day + 1) * DAY
      const run = await hub.keeper.run(null, false)
      expect(run.log?.problems ?? []).toEqual([])
      await hub.journal.idle()
      peaks.push(await bytesOf(hub.dir))
    }
    const living = (await hub.sql('SELECT count(*) FROM main.event_rows'))[0]?.[0]
    expect(living).toBe(BigInt(KEPT_DAYS * RECORDS * ROWS))
    await hub.compact()
    await hub.close()
    const used = await bytesOf(hub.dir)

    const fresh = await openRetainedHub(join(dir, 'fresh'), { segmentBytes: 400_000 })
    for (let n = (DAYS - KEPT_DAYS) * RECORDS; n < DAYS * RECORDS; n++) {
      await fresh.append(0, record(n))
    }
    await fresh.settled()
    await fresh.owner.checkpoint()
    await fresh.journal.idle()
    await fresh.compact()
    await fresh.close()
    const ideal = await bytesOf(fresh.dir)
    const parts = async (of: RetainedHub) =>
      `store ${await bytesOf(join(of.dir, 'store'))}, log ${await bytesOf(join(of.dir, 'log'))}`
    const growing = peaks.slice(KEPT_DAYS).map((bytes) => (bytes / ideal).toFixed(2))
    console.info(
      `space: ${(used / ideal).toFixed(3)} of a fresh folder after compaction (${await parts(hub)}; fresh: ${await parts(fresh)}); before it, day by day: ${growing.join(' ')}`,
    )
    expect(used / ideal).toBeLessThanOrEqual(1.3)
  })
})
