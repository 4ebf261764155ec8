import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { BatchBuilder, encodeBatch } from '@llmhub/stream'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { type Erasure, erasureReceipt, parseErasure } from '../core/erasure.ts'
import { type Journal, openJournal } from '../log/journal/journal.ts'
import { BACKFILL, LIVE } from '../log/log.ts'
import { decodeOperation, encodeOperation } from '../log/operation.ts'
import { finishErasure } from './erase.ts'
import { findSubject } from './find-subject.ts'
import { appendOperation } from './operations.ts'
import { reapplyErasures } from './reapply-erasures.ts'
import { Subject } from './subject.ts'

const WHO = 'ann@people.example'
const subject = new Subject(WHO)
let dir = ''
const journals: Journal[] = []

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'llmhub-erasures-'))
})
afterEach(async () => {
  for (const journal of journals.splice(0)) await journal.close()
  await rm(dir, { recursive: true, force: true })
})

async function open(name: string): Promise<Journal> {
  const opened = await openJournal({ dir: join(dir, name), segmentBytes: 4096 })
  if (!opened.ok) throw new Error(opened.error.message)
  journals.push(opened.journal)
  return opened.journal
}

async function append(
  log: Journal,
  kind: 'events' | 'rejects' | 'operation',
  payload: Uint8Array,
  partition = LIVE,
) {
  const outcome = await log.append(partition, [{ kind, payload }])
  if (!outcome.ok) throw new Error(outcome.message)
}

function events(...users: readonly string[]): Uint8Array {
  const builder = new BatchBuilder([
    { name: 'project', type: 'dict' },
    { name: 'family', type: 'dict' },
    { name: 'time', type: 'i64' },
    { name: 'user_id', type: 'text' },
  ])
  for (const user of users) {
    const row = builder.addRow()
    builder.dict('project').set(row, 'p')
    builder.dict('family').set(row, 'telemetry')
    builder.int64('time').set(row, 1_000_000)
    builder.text('user_id').set(row, user)
  }
  return encodeBatch(builder.finish())
}

function rejects(...letters: readonly (readonly [id: string, body: string])[]): Uint8Array {
  const builder = new BatchBuilder([
    { name: 'project', type: 'dict' },
    { name: 'reject_id', type: 'text' },
    { name: 'received_at', type: 'i64' },
    { name: 'body', type: 'text' },
  ])
  for (const [id, body] of letters) {
    const row = builder.addRow()
    builder.dict('project').set(row, 'p')
    builder.text('reject_id').set(row, id)
    builder.int64('received_at').set(row, 1_000_000)
    builder.text('body').set(row, body)
  }
  return encodeBatch(builder.finish())
}

const resolve = (cut: ReadonlyMap<number, bigint>) =>
  encodeOperation({
    op: 'resolve',
    id: 'r',
    at: 1,
    by: null,
    cut,
    as: 'replayed',
    letters: [
      { project: 'p', rejectId: 'l-1', eventId: 'e-1' },
      { project: 'p', rejectId: 'l-2', eventId: `e of ${WHO}` },
      { project: 'p', rejectId: 'l-3', eventId: 'e-3' },
    ],
  })

async function erasureOf(log: Journal): Promise<Erasure> {
  const signal = new AbortController().signal
  const { heldBy: _, ...found } = await findSubject(log, {
    subject,
    project: null,
    mode: 'words',
    holds: [],
    signal,
  })
  return {
    id: 'erasure-1',
    state: 'pending',
    createdAt: 5,
    by: null,
    project: null,
    mode: 'words',
    subjectHash: 'ab',
    ...found,
    result: null,
  }
}

function finish(log: Journal, erasure: Erasure, known: Subject | null = subject) {
  const { signal } = new AbortController()
  const parts = {
    log,
    compact: async () => ({ bytesBefore: 2, bytesAfter: 1 }),
    dropCaches: async () => {},
    removeSetAside: async () => 0,
    controlText: () => '',
    now: () => 7,
  }
  const tools = {
    signal,
    append: (operation: Parameters<typeof appendOperation>[1]) => appendOperation(log, operation),
    untilApplied: async () => true,
  }
  return finishErasure(parts, tools, erasure, known)
}

/** Offsets of the records that name the subject, by partition. */
async function naming(log: Journal): Promise<string[]> {
  const found: string[] = []
  for (const partition of [LIVE, BACKFILL]) {
    for await (const { offset, payload } of log.read(partition, log.earliest(partition))) {
      if (subject.isIn(payload)) found.push(`${partition}:${offset}`)
    }
  }
  return found
}

async function operations(log: Journal): Promise<unknown[]> {
  const found: unknown[] = []
  for await (const { kind, payload } of log.read(LIVE, log.earliest(LIVE))) {
    if (kind === 'operation') found.push(decodeOperation(Uint8Array.from(payload)))
  }
  return found
}

/** Events in both partitions, dead letters, what was said of those; a backup; then further events. */
async function filled(): Promise<Journal> {
  const log = await open('log')
  await append(log, 'events', events('bob', WHO, 'carla'))
  await append(log, 'events', events('bob', WHO), BACKFILL)
  await append(
    log,
    'rejects',
    rejects(['l-1', `{"user_id":"${WHO}"}`], ['l-2', '{}'], ['l-3', '{}']),
  )
  await append(log, 'operation', resolve(new Map([[LIVE, 2n]])))
  await cp(join(dir, 'log'), join(dir, 'restored'), { recursive: true })
  await append(log, 'events', events(WHO, 'bob'))
  await append(log, 'events', events(WHO))
  return log
}

it('takes rows, dead letters, and what was said of those out of the log', async () => {
  const log = await filled()
  expect(await naming(log)).toEqual(['0:0', '0:1', '0:2', '0:3', '0:4', '1:0'])
  const erasure = await erasureOf(log)
  expect(erasure.counts).toEqual({ own: { telemetry: 4, dead_letters: 2 }, mentions: {}, left: {} })
  const result = await finish(log, erasure)
  expect(result).toMatchObject({ records: 6, verification: { failed: 0, left: 0 } })
  expect(await naming(log)).toEqual([])
  const [resolution] = await operations(log)
  expect(resolution).toMatchObject({ letters: [{ rejectId: 'l-3' }] })
  // Again, and without knowing who it was about: nothing changes.
  const before = (await operations(log)).length
  expect(await finish(log, erasure, null)).toMatchObject({
    segments: 0,
    verification: { by: 'places', failed: 0 },
  })
  expect(await operations(log)).toHaveLength(before)
})

it('erases the same rows again in a log restored from an older backup, and no others', async () => {
  const log = await filled()
  const erasure = await erasureOf(log)
  await finish(log, erasure)
  const receipt = parseErasure(JSON.parse(JSON.stringify(erasureReceipt(erasure))))
  expect(receipt).toEqual(erasure)

  const ledger = new Map<string, Erasure>()
  const control = {
    erasure: (id: string) => ledger.get(id) ?? null,
    putErasure: (each: Erasure) => ledger.set(each.id, each),
  }
  const restored = await open('restored')
  const ends = restored.next(LIVE)
  expect(await reapplyErasures(restored, control, [receipt])).toEqual({
    ok: true,
    pending: ['erasure-1'],
    done: [],
  })
  expect(await operations(restored)).toMatchObject([
    { op: 'resolve' },
    { op: 'erase', id: 'erasure-1.0', rows: { rows: 4 } },
  ])
  // The place of a row that was erased behind the backup is another row's now.
  await append(restored, 'events', events('dora'))
  expect(restored.next(LIVE)).toBe(ends + 2n)
  expect(await reapplyErasures(restored, control, [receipt])).toMatchObject({
    pending: ['erasure-1'],
  })
  expect(await operations(restored)).toHaveLength(2)
  const pending = ledger.get('erasure-1')
  if (pending === undefined) throw new Error('not on record')
  const result = await finish(restored, pending, null)
  expect(result.verification.failed).toBe(0)
  expect(await naming(restored)).toEqual([])
  ledger.set('erasure-1', { ...pending, state: 'done', result })
  expect(await reapplyErasures(restored, control, [receipt])).toEqual({
    ok: true,
    pending: [],
    done: ['erasure-1'],
  })
  const last: boolean[] = []
  for await (const { payload } of restored.read(LIVE, ends + 1n)) {
    last.push(Buffer.from(payload).includes('dora'))
  }
  expect(last).toEqual([true])
})

it('refuses what is no receipt', () => {
  expect(() => parseErasure({})).toThrow(TypeError)
  expect(() => parseErasure({ mentions: 'words', id: 7 })).toThrow('`id` is not a text')
})
