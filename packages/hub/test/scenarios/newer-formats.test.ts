import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { crc32, zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import { encodeBatch } from '@llmhub/stream'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { openJournal } from '../../src/log/journal/journal.ts'
import { LIVE, type LogEntry } from '../../src/log/log.ts'
import { encodeOperation } from '../../src/log/operation.ts'
import { erasedRows } from '../../src/log/operation-rows.ts'
import { filesIn } from '../releases/fixture.ts'
import { WholeHub } from './whole-hub.ts'

/*
 * Every file of a data folder, made one version newer: the start refuses it, names the command to run, and
 * leaves every file as it was.
 */

const SETTINGS = { 'log.segment_bytes': '65536' }
const COMMAND = /npx @llmhub\/hub@(?:latest|\d+\.\d+\.\d+) serve/

const event = (id: string) => ({
  common: { event_id: id, timestamp: '2026-11-20T10:00:00Z' },
  payload: { type: 'llm_request', model_id: 'gpt-4o', user_id: id.repeat(20) },
})

let hub: WholeHub
let whole: Map<string, Buffer>

/** All but the lock. */
function files(): Map<string, Buffer> {
  const kept = filesIn(hub.dir).filter((file) => !/lock(-\w+)?$|-shm$|-wal$/.test(file))
  return new Map(kept.map((file) => [file, readFileSync(file)]))
}

/** What a reader finds in files: a closed segment may be compressed while the hub is refused, which says the same. */
function asRead(from: ReadonlyMap<string, Buffer>): Map<string, Buffer> {
  return new Map(
    [...from].map(([file, bytes]) =>
      file.endsWith('.zst') ? [file.slice(0, -4), zstdDecompressSync(bytes)] : [file, bytes],
    ),
  )
}

beforeAll(async () => {
  hub = await WholeHub.in(SETTINGS)
  await hub.mustStart()
  for (let batch = 0; batch < 5; batch++) {
    const events = Array.from({ length: 300 }, (_, i) => event(`event-${batch}-${i}`))
    if ((await hub.send(events)).status !== 200) throw new Error('events were not taken in')
  }
  await hub.stop()
  whole = files()
})

afterEach(async () => {
  await hub.stop()
  for (const file of files().keys()) if (!whole.has(file)) rmSync(file)
  for (const [file, bytes] of whole) writeFileSync(file, bytes)
})

afterAll(() => hub.remove())

const at = (...path: readonly string[]): string => join(hub.dir, ...path)

function first(folder: string, pattern: RegExp): string {
  const name = readdirSync(at(folder)).find((each) => pattern.test(each))
  if (name === undefined) throw new Error(`${folder} has no ${String(pattern)}`)
  return at(folder, name)
}

function editJson(file: string, change: (value: Record<string, unknown>) => void): void {
  const value = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>
  change(value)
  writeFileSync(file, JSON.stringify(value))
}

function newerSegment(bytes: Buffer): Buffer {
  bytes.writeUInt16LE(2, 8)
  bytes.writeUInt32LE(crc32(bytes.subarray(0, 44)), 44)
  return bytes
}

const NEWER: readonly (readonly [name: string, edit: () => void])[] = [
  [
    'format.json',
    () => {
      const newer = { format: 3, minReader: 2, minRelease: '0.7.0', writer: '0.9.0' }
      writeFileSync(at('format.json'), JSON.stringify(newer))
    },
  ],
  [
    'control.sqlite',
    () => {
      const database = new DatabaseSync(at('control.sqlite'))
      database.exec('PRAGMA user_version = 999')
      database.close()
    },
  ],
  [
    'the open segment',
    () => {
      const file = first('log/0', /\.seg$/)
      writeFileSync(file, newerSegment(readFileSync(file)))
    },
  ],
  [
    'the open segment without a record',
    () => {
      const file = first('log/0', /\.seg$/)
      writeFileSync(file, newerSegment(readFileSync(file)).subarray(0, 48))
    },
  ],
  [
    'a closed segment',
    () => {
      const file = first('log/0', /\.seg\.zst$/)
      const bytes = newerSegment(zstdDecompressSync(readFileSync(file)))
      writeFileSync(file, zstdCompressSync(bytes))
    },
  ],
  [
    'holes.json',
    () => writeFileSync(at('log/holes.json'), JSON.stringify({ version: 2, lost: [] })),
  ],
  [
    'a manifest of the index of ids',
    () => {
      const file = at('dedup/ids/manifest.json')
      const [text = ''] = readFileSync(file, 'utf8').split('\n')
      const newer = text.replace(/"version":\d+/, '"version":99')
      expect(newer).not.toBe(text)
      writeFileSync(file, `${newer}\n${crc32(newer)}`)
    },
  ],
  [
    'a run of the index of ids',
    () => {
      const file = first('dedup/ids', /\.run$/)
      const bytes = readFileSync(file)
      const footer = bytes.subarray(bytes.length - 40)
      footer.writeUInt32LE(99, 4)
      footer.writeUInt32LE(crc32(footer.subarray(0, 36)), 36)
      writeFileSync(file, bytes)
    },
  ],
]

describe('a file of a newer release', () => {
  it.each(NEWER)('%s', async (_, edit) => {
    edit()
    const before = asRead(files())
    const started = await hub.start()
    expect(started).toMatchObject({ ok: false, reason: 'config' })
    expect(started).toMatchObject({ message: expect.stringMatching(COMMAND) as string })
    const after = asRead(files())
    expect([...after.keys()]).toEqual([...before.keys()])
    // The control store counts who has had the folder; what it is itself is asked below.
    const compared = [...before].filter(([file]) => !file.endsWith('control.sqlite'))
    for (const [file, bytes] of compared)
      expect([file, after.get(file)?.equals(bytes)]).toEqual([file, true])
  })

  it('format.json names the oldest release that reads the folder', async () => {
    NEWER[0]?.[1]()
    expect(await hub.start()).toMatchObject({
      message: expect.stringMatching(
        /by release 0\.9\.0.*npx @llmhub\/hub@0\.7\.0 serve/,
      ) as string,
    })
  })

  it('control.sqlite stays at its version', async () => {
    NEWER[1]?.[1]()
    const before = readFileSync(at('control.sqlite'))
    expect(await hub.start()).toMatchObject({ ok: false })
    expect(readFileSync(at('control.sqlite')).equals(before)).toBe(true)
  })

  it('that may be read by this one is read, and its mark stays', async () => {
    editJson(at('format.json'), (mark) => Object.assign(mark, { format: 2, writer: '0.9.0' }))
    const mark = readFileSync(at('format.json'), 'utf8')
    await hub.mustStart()
    expect(readFileSync(at('format.json'), 'utf8')).toBe(mark)
  })
})

/** Appends a record as a newer release would. */
async function append(entry: LogEntry): Promise<void> {
  const opened = await openJournal({ dir: at('log') })
  if (!opened.ok) throw new Error(opened.error.message)
  expect(await opened.journal.append(LIVE, [entry])).toMatchObject({ ok: true })
  await opened.journal.close()
}

describe('a record of a newer release', () => {
  it('a batch of events', async () => {
    const payload = encodeBatch({ rows: 0, columns: new Map() })
    const view = new DataView(payload.buffer, payload.byteOffset, payload.length)
    view.setUint16(4, 2, true)
    view.setUint32(16, 0, true)
    view.setUint32(16, fnv1a(payload), true)
    await append({ kind: 'events', payload })
    expect(await hub.start()).toMatchObject({
      ok: false,
      reason: 'config',
      message: expect.stringMatching(/batch of version 2.*npx @llmhub/) as string,
    })
  })

  const newer = (): Uint8Array => {
    const head = { id: 'o', at: 0, by: null, cut: new Map([[0, 1n]]) }
    const rows = erasedRows([{ partition: 0, offset: 0n, index: 0 }])
    const payload = encodeOperation({ ...head, op: 'erase', reason: 'r', rows })
    new DataView(payload.buffer).setUint16(4, 2, true)
    return payload
  }
  const unknown = (): Uint8Array => Buffer.from(JSON.stringify({ op: 'transmogrify' }))

  it.each([
    ['of a newer version', newer],
    ['of a kind that is not known', unknown],
  ])('an operation %s ends the hub', async (_, make) => {
    const payload = make()
    await append({ kind: 'operation', payload })
    const started = await hub.mustStart()
    const failure = await started.failed
    expect(failure.what).toBe('config')
    expect(failure.error.message).toMatch(/newer release.*npx @llmhub/)
  })
})

/** Fowler, Noll and Vo's hash 1a, the check of a batch whose whole is its header. */
function fnv1a(bytes: Uint8Array): number {
  let hash = 0x811c9dc5
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0
  return hash
}
