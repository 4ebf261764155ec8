import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { folderBytes, type HubProcess } from './hub-process.ts'

export interface Idle {
  readonly rssBytes: number
  /** Share of one core. */
  readonly cpuShare: number
  readonly seconds: number
}

/** A start warms its code up, and what questions leave behind is given back after two looks of ten seconds. */
const QUIET_SECONDS = 30

/** What a hub uses that nobody has talked to for half a minute. */
export async function measureIdle(hub: HubProcess, seconds: number): Promise<Idle> {
  await sleep(QUIET_SECONDS * 1000)
  const before = await hub.usage()
  const start = performance.now()
  await sleep(seconds * 1000)
  const after = await hub.usage()
  const took = (performance.now() - start) / 1000
  return {
    rssBytes: after.rssBytes,
    cpuShare: (after.cpuSeconds - before.cpuSeconds) / took,
    seconds,
  }
}

export interface DiskUse {
  readonly storeBytesPerEvent: number
  readonly logBytesPerEvent: number
  /** Index of ids and calls. */
  readonly indexBytesPerEvent: number
}

/** Of a folder whose hub has stopped, so that everything is in its files. */
export async function measureDisk(dataDir: string, events: number): Promise<DiskUse> {
  const perEvent = async (folder: string): Promise<number> =>
    (await folderBytes(join(dataDir, folder))) / events
  return {
    storeBytesPerEvent: await perEvent('store'),
    logBytesPerEvent: await perEvent('log'),
    indexBytesPerEvent: await perEvent('dedup'),
  }
}

/** As if the store had been lost; the log has everything. */
export function dropStore(dataDir: string): Promise<void> {
  return rm(join(dataDir, 'store'), { recursive: true, force: true })
}
