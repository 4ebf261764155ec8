/**
 * Speed of the journal on this machine's disk, each figure beside what the disk does without it in
 * the same run: `node --conditions=@llmhub/source bench/micro/journal.ts [folder]`. Six runs; writes
 * at most about 600 MB and removes it.
 */
import { mkdtemp, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { openJournal } from '../../packages/hub/src/log/journal/journal.ts'
import { openJournalReader } from '../../packages/hub/src/log/journal/reader.ts'

const RUNS = 6
const MEGABYTE = 1_000_000

interface Load {
  readonly name: string
  readonly payloadBytes: number
  readonly appends: number
  readonly writers: number
}

const LOADS: readonly Load[] = [
  { name: '500 KiB x 4 writers', payloadBytes: 500 * 1024, appends: 120, writers: 4 },
  { name: '4 KiB x 64 writers', payloadBytes: 4 * 1024, appends: 5_000, writers: 64 },
]

interface Figures {
  readonly appendRate: number
  readonly rawRate: number
  readonly readRate: number
  readonly p50: number
  readonly p99: number
}

async function inParallel(
  writers: number,
  total: number,
  work: () => Promise<void>,
): Promise<void> {
  let started = 0
  const writer = async () => {
    while (started < total) {
      started += 1
      await work()
    }
  }
  await Promise.all(Array.from({ length: writers }, writer))
}

function quantile(sorted: readonly number[], q: number): number {
  return sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * q) - 1)] ?? Number.NaN
}

/** The same bytes in the same group sizes by plain write and fdatasync. */
async function rawRate(folder: string, load: Load): Promise<number> {
  const group = Buffer.alloc(load.payloadBytes * load.writers, 7)
  const file = await open(join(folder, 'raw'), 'w')
  const start = performance.now()
  for (let done = 0; done < load.appends; done += load.writers) {
    await file.write(group)
    await file.datasync()
  }
  const seconds = (performance.now() - start) / 1000
  await file.close()
  return (load.appends * load.payloadBytes) / seconds / MEGABYTE
}

async function measure(folder: string, load: Load): Promise<Figures> {
  const dir = join(folder, 'log')
  const opened = await openJournal({ dir, compress: false })
  if (!opened.ok) throw new Error(opened.error.message)
  const { journal } = opened
  const payload = Buffer.alloc(load.payloadBytes, 7)
  const bytes = load.appends * load.payloadBytes
  const latencies: number[] = []
  const start = performance.now()
  await inParallel(load.writers, load.appends, async () => {
    const asked = performance.now()
    const outcome = await journal.append(0, [{ kind: 'events', payload }])
    if (!outcome.ok) throw new Error(outcome.message)
    latencies.push(performance.now() - asked)
  })
  const appendSeconds = (performance.now() - start) / 1000
  const reader = openJournalReader(dir)
  const readStart = performance.now()
  let records = 0
  for await (const record of reader.read(0, 0n, journal.next(0)))
    records += record.payload.length > 0 ? 1 : 0
  const readSeconds = (performance.now() - readStart) / 1000
  if (records !== load.appends) throw new Error(`${records} of ${load.appends} records read`)
  await reader.close()
  await journal.close()
  latencies.sort((a, b) => a - b)
  const figures = {
    appendRate: bytes / appendSeconds / MEGABYTE,
    readRate: bytes / readSeconds / MEGABYTE,
    p50: quantile(latencies, 0.5),
    p99: quantile(latencies, 0.99),
  }
  await rm(dir, { recursive: true })
  return { ...figures, rawRate: await rawRate(folder, load) }
}

const folder = await mkdtemp(join(process.argv[2] ?? tmpdir(), 'llmhub-bench-'))
try {
  for (const load of LOADS) {
    console.log(load.name)
    for (let run = 1; run <= RUNS; run++) {
      const { appendRate, rawRate: raw, readRate, p50, p99 } = await measure(folder, load)
      console.log(
        `  run ${run}: append ${appendRate.toFixed(0)} MB/s (${(appendRate / raw).toFixed(2)} of plain write + fdatasync), ` +
          `ack p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms; read ${readRate.toFixed(0)} MB/s`,
      )
    }
  }
} finally {
  await rm(folder, { recursive: true, force: true })
}
