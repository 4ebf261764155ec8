import { setTimeout as sleep } from 'node:timers/promises'
import { quantile } from '../packages/hub/src/cli/bench/quantiles.ts'
import type { HubProcess } from './hub-process.ts'
import { generateLoad, type LoadOptions, type LoadResult } from './load.ts'

export interface IngestResult extends LoadResult {
  readonly batch: number
  readonly connections: number
  /** Asked for; null = as fast as it goes. */
  readonly rate: number | null
  readonly eventsPerSecond: number
  /** From an acknowledgement to the first answer that holds it, looked at every half second. */
  readonly lagP50Ms: number
  readonly lagMaxMs: number
  /** The same for the last acknowledgement of the run. */
  readonly lagEndMs: number
  readonly hubCpuSeconds: number
  readonly hubRssMaxBytes: number
  /** Largest apply lag that /stats told; it renews what it tells every 5 s. */
  readonly statsLagMaxMs: number
}

const SAMPLE_MS = 500
const LAG_LIMIT_MS = 120_000

/** A question that costs next to nothing, asked for what its answer says about the store's position. */
const PROBE = Buffer.from(JSON.stringify({ kind: 'list', from: 'now-1s', to: 'now', limit: 1 }))

export async function measureIngest(
  hub: HubProcess,
  options: Pick<
    LoadOptions,
    'seed' | 'firstSerial' | 'batch' | 'connections' | 'seconds' | 'events' | 'rate' | 'spreadDays'
  >,
  key: string,
): Promise<IngestResult> {
  const connection = await hub.connect()
  let newest: { readonly position: string; readonly at: number } | null = null
  let running = true
  let rssMax = 0
  let statsLag = 0
  const lags: number[] = []

  const applied = async (): Promise<bigint> => {
    const response = await connection.request('POST', '/api/v1/query', PROBE)
    if (response.status !== 200) {
      throw new Error(`the probe got ${response.status}: ${response.body.toString()}`)
    }
    const { meta } = JSON.parse(response.body.toString()) as {
      meta: { asOf: { position: Record<string, string> } }
    }
    return BigInt(meta.asOf.position['0'] ?? '0')
  }
  /** Milliseconds from the acknowledgement until an answer held it. */
  const lagOf = async (mark: { position: string; at: number }): Promise<number> => {
    const wanted = BigInt(mark.position.split(':')[1] ?? '0')
    while (Date.now() - mark.at < LAG_LIMIT_MS) {
      if ((await applied()) >= wanted) break
      await sleep(20)
    }
    return Date.now() - mark.at
  }
  const watch = async (): Promise<void> => {
    while (running) {
      const mark = newest
      newest = null
      if (mark !== null) lags.push(await lagOf(mark))
      rssMax = Math.max(rssMax, (await hub.usage()).rssBytes)
      const stats = JSON.parse((await connection.request('GET', '/stats')).body.toString()) as {
        store: { applyLagSeconds: number }
      }
      statsLag = Math.max(statsLag, stats.store.applyLagSeconds * 1000)
      await sleep(SAMPLE_MS)
    }
  }

  const before = await hub.usage()
  const watching = watch()
  // It is awaited later; a failure before that must not end the process.
  watching.catch(() => {})
  let last: { readonly position: string; readonly at: number } | null = null
  const result = await generateLoad({ url: hub.url, key, ...options }, (message) => {
    if (message.type === 'position') newest = last = message
  })
  running = false
  await watching
  const lagEndMs = last === null ? Number.NaN : await lagOf(last)
  const after = await hub.usage()
  connection.close()
  return {
    ...result,
    batch: options.batch,
    connections: options.connections,
    rate: options.rate,
    eventsPerSecond: result.events / result.seconds,
    lagP50Ms: quantile(lags, 0.5),
    lagMaxMs: quantile(lags, 1),
    lagEndMs,
    hubCpuSeconds: after.cpuSeconds - before.cpuSeconds,
    hubRssMaxBytes: Math.max(rssMax, after.rssBytes),
    statsLagMaxMs: statsLag,
  }
}
