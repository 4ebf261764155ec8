import { request } from 'node:http'
import { join } from 'node:path'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { inFolder } from '../support/folder.ts'
import { ADMIN_KEY, type HubProcess, withHub } from '../support/hub-process.ts'
import { residentMb } from '../support/process-measures.ts'
import { codeOf } from '../support/reports.ts'
import { FaultFound } from './fault-found.ts'
import { Ledger } from './ledger.ts'
import { startLoad } from './load.ts'

/**
 * A few kilobytes that unpack to hundreds of megabytes, packed once, packed twice, and made of events
 * that would be valid. Each is refused before it is unpacked whole; good senders notice nothing.
 */

export interface BombsOptions {
  readonly seed: number
  readonly rounds: number
  /** Unpacked size of each. */
  readonly megabytes: number
}

export interface BombsReport {
  readonly refused: number
  readonly growthMb: number
  readonly acknowledged: number
}

interface Bomb {
  readonly encoding: string
  readonly type: string
  readonly bytes: Buffer
}

const AT_ONCE = 4
const MOST_GROWTH_MB = 250
const REFUSALS = ['body_too_large', 'invalid_encoding', 'unsupported_media_type', 'invalid_json']
/** What is packed twice is unpacked once: as lines, none of which is an event. */
const NOTHING_TAKEN = /^\{"accepted":0,"duplicates":0,"rejected":[1-9]/

/** @throws FaultFound */
export function runBombs({ seed, rounds, megabytes }: BombsOptions): Promise<BombsReport> {
  const bombs = makeBombs(megabytes << 20)
  return inFolder((folder) => {
    const start = { dataDir: join(folder, 'data'), settings: { log_level: 'warn' } }
    const ledger = new Ledger()
    return withHub(start, async (hub) => {
      for (const bomb of bombs) await send(hub, bomb)
      const before = residentMb(hub.pid)
      let largest = before
      let refused = bombs.length
      const load = startLoad(hub, ledger, {
        seed,
        name: 'good',
        refusals: ['overloaded'],
        mayLose: false,
        writers: 2,
      })
      for (let round = 0; round < rounds; round++) {
        await Promise.all(
          Array.from({ length: AT_ONCE }, async (_, first) => {
            for (let i = first; i < bombs.length; i += AT_ONCE) {
              await send(hub, bombs[i] as Bomb)
              refused++
            }
          }),
        )
        largest = Math.max(largest, residentMb(hub.pid))
      }
      await load.end()
      if (largest - before > MOST_GROWTH_MB) {
        throw new FaultFound(`memory grew by ${largest - before} MB`)
      }
      await ledger.resend(hub)
      await ledger.check(hub)
      return { refused, growthMb: largest - before, acknowledged: ledger.acknowledged.size }
    })
  })
}

function makeBombs(bytes: number): readonly Bomb[] {
  const blanks = Buffer.alloc(bytes, ' ')
  const event = '{"common":{"event_id":"b","timestamp":0},"payload":{"type":"gauge"}}\n'
  const events = Buffer.alloc(bytes, event)
  const json = 'application/json'
  const lines = 'application/x-ndjson'
  return [
    ['gzip', json, gzipSync(blanks)],
    ['zstd', json, zstdCompressSync(blanks)],
    ['gzip', lines, gzipSync(events)],
    ['zstd', lines, zstdCompressSync(events)],
    ['gzip', json, gzipSync(gzipSync(blanks))],
    ['zstd', json, zstdCompressSync(gzipSync(blanks))],
    ['gzip', lines, gzipSync(zstdCompressSync(events))],
    ['gzip, zstd', json, zstdCompressSync(gzipSync(blanks))],
    ['gzip, gzip', json, gzipSync(gzipSync(blanks))],
    // Several members in one body: a limit per member would let them all through.
    ['gzip', lines, Buffer.concat(Array<Buffer>(8).fill(gzipSync(events.subarray(0, bytes >> 3))))],
  ].map(([encoding, type, packed]) => ({ encoding, type, bytes: packed }) as Bomb)
}

/** @throws FaultFound when the bomb is not refused as what it is */
function send(hub: HubProcess, { encoding, type, bytes }: Bomb): Promise<void> {
  const headers = {
    authorization: `Bearer ${ADMIN_KEY}`,
    'content-type': type,
    'content-encoding': encoding,
    'content-length': bytes.length,
  }
  const url = `${hub.url}/api/v1/events`
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { method: 'POST', headers }, (incoming) => {
      let text = ''
      incoming.on('data', (chunk: Buffer) => {
        text += chunk.toString()
      })
      incoming.on('error', reject)
      incoming.on('end', () => {
        const { statusCode = 0 } = incoming
        const refused = REFUSALS.includes(codeOf(text)) || NOTHING_TAKEN.test(text)
        if (statusCode >= 400 && statusCode < 500 && refused) resolve()
        else reject(new FaultFound(`a bomb (${encoding}, ${type}) got ${statusCode} ${text}`))
      })
    })
    outgoing.on('error', reject)
    outgoing.end(bytes)
  })
}
