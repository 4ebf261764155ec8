/** `npm run make-release-fixture`: makes test/fixtures/releases/<version>/ with the present code. */

import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { decodeBatch } from '@llmhub/stream'
import { openJournal } from '../../src/log/journal/journal.ts'
import { BACKFILL, LIVE, type Log } from '../../src/log/log.ts'
import { encodeOperation } from '../../src/log/operation.ts'
import { erasedRows, type RowPlace } from '../../src/log/operation-rows.ts'
import { WholeHub } from '../scenarios/whole-hub.ts'
import {
  answersOf,
  bytesIn,
  type Expected,
  FIXTURES,
  isReleased,
  MOST_BYTES,
  pack,
  presentFormats,
  presentRelease,
  SETTINGS,
  untilReady,
} from './fixture.ts'
import {
  CORRECTION,
  IMPORTED,
  IMPORTED_FILE,
  type Json,
  LATER_OVERRIDES,
  liveBatches,
  OVERRIDES,
  REJECTED,
  REPRICED,
  SHOP,
  SHOP_EXPIRED_BEFORE,
} from './release-data.ts'

const release = presentRelease()
if (isReleased(release)) {
  process.stderr.write(`${release} is released: its fixture stays as that release made it\n`)
  process.exit(1)
}
const hub = await WholeHub.in(SETTINGS)
try {
  await hub.mustStart()
  await untilReady(hub)
  const keys = await fillControl()
  await fillLog(keys.shop)
  await hub.stop()
  await addOperations()
  await hub.mustStart()
  await untilReady(hub)
  await rollupsBuilt()
  const expected: Expected = {
    release,
    formats: presentFormats(),
    keys,
    answers: await answersOf(hub),
  }
  await hub.stop()

  const folder = join(FIXTURES, release)
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  pack(hub.dir, join(folder, 'data'))
  writeFileSync(join(folder, 'expected.json'), `${JSON.stringify(expected)}\n`)
  const bytes = bytesIn(folder)
  process.stdout.write(`${folder}: ${bytes} bytes\n`)
  if (bytes > MOST_BYTES) throw new Error(`a fixture has at most ${MOST_BYTES} bytes`)
} finally {
  await hub.remove()
}

async function must(path: string, body?: unknown, method?: string): Promise<Json> {
  const reply = await hub.call(path, body, method)
  if (reply.status >= 300) throw new Error(`${path}: ${reply.status} ${JSON.stringify(reply.body)}`)
  return reply.body
}

/** Keys, projects, prices and retention set at run time. */
async function fillControl(): Promise<Expected['keys']> {
  await must('/api/v1/projects/shop', { events_per_second: 5000 }, 'PUT')
  await must('/api/v1/prices/overrides', OVERRIDES, 'PUT')
  const forEver = { project: 'shop', family: 'telemetry', days: 0 }
  await must('/api/v1/retention', forEver, 'PUT')
  await must('/api/v1/holds/audit', { project: 'shop', reason: 'audit of the year' }, 'PUT')
  const key = async (name: string, permissions: readonly string[], project: string | null) => {
    const made = await must('/api/v1/keys', { name, permissions, project })
    return { id: String(made['id']), secret: String(made['key']) }
  }
  const reader = await key('reader', ['query:read'], null)
  const shop = await key('shop', ['ingest:write', 'query:read'], 'shop')
  const revoked = await key('revoked', ['query:read'], null)
  await must(`/api/v1/keys/${revoked.id}`, undefined, 'DELETE')
  return { reader: reader.secret, shop: shop.secret, revoked: revoked.secret }
}

/** Records of every kind that people and applications make. */
async function fillLog(shopKey: string): Promise<void> {
  for (const batch of liveBatches()) {
    const answer = await must('/api/v1/events', batch)
    if (answer['accepted'] !== batch.length) {
      throw new Error(`not every event was taken in: ${JSON.stringify(answer).slice(0, 2000)}`)
    }
  }
  const rows = `from=0&next=${IMPORTED.length}&last=true`
  await must(`/api/v1/imports/${IMPORTED_FILE}?${rows}`, IMPORTED)
  const sent = await fetch(`${hub.url}/api/v1/events`, {
    method: 'POST',
    headers: { authorization: `Bearer ${shopKey}`, 'content-type': 'application/json' },
    body: JSON.stringify(SHOP),
  })
  if (!sent.ok) throw new Error(await sent.text())

  const rejected = await hub.call('/api/v1/events', REJECTED)
  if (rejected.body['rejected'] !== REJECTED.length) throw new Error(JSON.stringify(rejected.body))
  const letterOf = async (event: string): Promise<string> => {
    const { letters } = await must(`/api/v1/dead-letters?event_id=${event}`)
    return String((letters as readonly Json[])[0]?.['id'])
  }
  const [first, second] = [await letterOf('late-1'), await letterOf('late-2')]
  await must('/api/v1/dead-letters/replay', { ids: [first], set: CORRECTION })
  await must('/api/v1/dead-letters/dismiss', { ids: [second] })
  await must('/api/v1/prices/overrides', LATER_OVERRIDES, 'PUT')
  const { changed } = await must('/api/v1/prices/reprice', REPRICED)
  if (!(Number(changed) > 0)) throw new Error('nothing was priced again')
}

/** The operations that the hub itself writes only when something is due, written here by hand. */
async function addOperations(): Promise<void> {
  const opened = await openJournal({ dir: join(hub.dir, 'log'), segmentBytes: 65_536 })
  if (!opened.ok) throw new Error(opened.error.message)
  const { journal } = opened
  try {
    const cut = new Map([LIVE, BACKFILL].map((partition) => [partition, journal.next(partition)]))
    const head = (id: string) => ({ id, at: SHOP_EXPIRED_BEFORE, by: null, cut })
    const events = await placesOf(journal, 'events', [3, 5])
    const letters = await placesOf(journal, 'rejects', [3])
    const rows = erasedRows(events, letters)
    const reason = 'subject_request'
    const operations = [
      encodeOperation({ ...head('erase-1'), op: 'erase', reason, rows }),
      encodeOperation({
        ...head('retain-1'),
        op: 'retain',
        project: 'shop',
        family: null,
        from: null,
        before: SHOP_EXPIRED_BEFORE,
      }),
    ]
    for (const payload of operations) {
      const outcome = await journal.append(LIVE, [{ kind: 'operation', payload }])
      if (!outcome.ok) throw new Error(outcome.message)
    }
    await journal.idle()
  } finally {
    await journal.close()
  }
}

/** Places of rows of the first record of a kind that has all of them. */
async function placesOf(
  log: Pick<Log, 'read'>,
  kind: 'events' | 'rejects',
  indexes: readonly number[],
): Promise<RowPlace[]> {
  for await (const record of log.read(LIVE, 0n)) {
    if (record.kind !== kind) continue
    if (decodeBatch(record.payload).rows <= Math.max(...indexes)) continue
    return indexes.map((index) => ({ partition: LIVE, offset: record.offset, index }))
  }
  throw new Error(`there is no record of ${kind} with so many rows`)
}

/** Waits until no more buckets of rollups are built. */
async function rollupsBuilt(): Promise<void> {
  let [before, same] = ['', 0]
  while (same < 5) {
    await setTimeout(1000)
    const { checked, problems } = await must('/api/v1/verify/rollups', undefined, 'POST')
    const now = JSON.stringify(checked)
    if ((problems as readonly string[]).length > 0) throw new Error(String(problems))
    const isBuilt = (checked as readonly Json[]).every(({ count }) => Number(count) > 0)
    same = now === before && isBuilt ? same + 1 : 0
    before = now
  }
}
