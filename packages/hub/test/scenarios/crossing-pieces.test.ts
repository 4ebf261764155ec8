import { cp, open, readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, expect, it } from 'vitest'
import { callEvent } from '../intake-fixture.ts'
import { WholeHub } from './whole-hub.ts'

let hub: WholeHub

afterEach(() => hub.remove())

it('refuses a control store of another log, also when no record has to be read', async () => {
  hub = await WholeHub.in()
  await hub.mustStart()
  expect(await hub.send([callEvent('a', { request_id: 'r' })])).toMatchObject({
    body: { accepted: 1 },
  })
  await hub.stop()
  for (const name of await readdir(hub.dir)) {
    if (name.startsWith('control.sqlite')) await rm(join(hub.dir, name))
  }
  expect(await hub.start()).toMatchObject({ ok: false, reason: 'storage' })
})

it('takes in requests that together are larger than a segment, and one that is larger alone', async () => {
  hub = await WholeHub.in({ 'log.segment_bytes': '65536' })
  await hub.mustStart()
  const filler = 'x'.repeat(30_000)
  const big = (id: string): unknown => callEvent(id, { error_message: filler })
  const answers = await Promise.all(
    Array.from({ length: 12 }, (_, i) => hub.send([big(`a${i}`), big(`b${i}`), big(`c${i}`)])),
  )
  expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200))
  expect(await hub.send([big('d')])).toMatchObject({ status: 200, body: { accepted: 1 } })
  await hub.stop()
  await hub.mustStart()
  expect(await hub.send([big('a0'), big('c11'), big('e')])).toMatchObject({
    body: { accepted: 1, duplicates: 2 },
  })
})

it('says that the storage is at fault when a closed segment is damaged', async () => {
  hub = await WholeHub.in({ 'log.segment_bytes': '65536', 'log.compress': 'false' })
  await hub.mustStart()
  for (let i = 0; i < 4; i++)
    await hub.send([callEvent(`a${i}`, { error_message: 'y'.repeat(40_000) })])
  await hub.stop()
  await rm(join(hub.dir, 'dedup'), { recursive: true })
  const folder = join(hub.dir, 'log', '0')
  const [first = ''] = (await readdir(folder)).toSorted()
  const file = await open(join(folder, first), 'r+')
  await file.write(new Uint8Array([1, 2, 3]), 0, 3, 20_000)
  await file.close()
  expect(await hub.start()).toMatchObject({ ok: false, reason: 'storage' })
})

it('keeps an amount that no column holds out of the sums', async () => {
  hub = await WholeHub.in()
  await hub.mustStart()
  const usage = { input_tokens: 1e15, output_tokens: 1e15 }
  const sent = await hub.send([
    callEvent('a', { cost_usd: 1e7 }),
    callEvent('b', { cost_usd: '1e30', model_id: 'nobody-knows' }),
    callEvent('c', { usage }),
    callEvent('d', { cost_usd: 0.5, model_id: 'nobody-knows' }),
  ])
  expect(sent).toMatchObject({ status: 200, body: { accepted: 2, rejected: 2 } })
  const answer = await hub.call('/api/v1/query', {
    kind: 'table',
    measures: ['cost.total', 'cost.reported', 'cost.unpriced.count', 'requests.count'],
    from: '2026-11-21T00:00:00Z',
    to: '2026-11-22T00:00:00Z',
    after: sent.body['position'],
  })
  expect(answer.body['rows']).toEqual([['0.5', '0.5', 1, 2]])
})

it('shows what ingest counts, by project, and received = accepted + duplicates + rejected', async () => {
  hub = await WholeHub.in()
  await hub.mustStart()
  await hub.send([
    callEvent('a', { prompt: 'hello', request_id: 'r1', usage: { input_tokens: 5 } }),
    callEvent('a', { prompt: 'hello', request_id: 'r1', usage: { input_tokens: 5 } }),
    callEvent('b', { model_id: 'nobody-knows', usage: { input_tokens: 5 } }),
    callEvent('c', { model: 'other-than-model-id' }),
    callEvent('d', { type: 'token_usage', request_id: 'r1', usage: { input_tokens: 5 } }),
    callEvent('e', { latency_ms: 'fast' }),
  ])
  const counts = { received: 6, accepted: 4, duplicates: 1, rejected: 1 }
  const { body } = await hub.call('/stats')
  expect(body).toMatchObject({
    ingest: {
      ...counts,
      projects: { default: counts },
      rejectedByCode: { wrong_type: 1 },
      suppressed: 1,
      droppedContent: 1,
      aliasConflicts: 1,
      deadLettersNotKept: 0,
      pendingRows: 0,
    },
    query: { running: 0, waiting: 0, refused: 0 },
  })
  expect(body['ingest']).toMatchObject({ unpriced: expect.any(Number) as number })
  expect(body['disk']).toMatchObject({ freeBytes: expect.any(Number) as number })
})

it('asks for a new process when the thread of the store is gone', async () => {
  hub = await WholeHub.in()
  // Where the folder of the store should be: the thread cannot go on.
  await writeFile(join(hub.dir, 'store'), '')
  const started = await hub.mustStart()
  expect(await started.failed).toMatchObject({ what: 'store_thread' })
})

it('goes on applying with a control store put back from a backup', async () => {
  hub = await WholeHub.in()
  const control = join(hub.dir, 'control.sqlite')
  for (const id of ['a', 'b', 'c']) {
    await hub.mustStart()
    await hub.send([callEvent(id)])
    await hub.stop()
    if (id === 'a') await cp(control, `${control}.backup`)
  }
  await cp(`${control}.backup`, control)
  await hub.mustStart()
  const { body } = await hub.send([callEvent('a'), callEvent('d')])
  expect(body).toMatchObject({ accepted: 1, duplicates: 1 })
  const answer = await hub.call('/api/v1/query', {
    kind: 'table',
    measures: ['requests.count'],
    from: '2026-11-21T00:00:00Z',
    to: '2026-11-22T00:00:00Z',
    after: body['position'],
  })
  expect(answer.body).toMatchObject({ rows: [[4]], meta: { partial: false } })
})
