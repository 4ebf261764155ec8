import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { backup, backupList, backupVerify } from '../../src/cli/commands/backup.ts'
import { restore } from '../../src/cli/commands/restore.ts'
import type { CliContext } from '../../src/cli/context.ts'
import { rememberingContext } from '../../src/cli/remembering-context.fixture.ts'
import { callEvent } from '../intake-fixture.ts'
import { WholeHub } from './whole-hub.ts'

let backups: string
let hub: WholeHub
let other: WholeHub

beforeEach(async () => {
  backups = await mkdtemp(join(tmpdir(), 'llmhub-backups-'))
  hub = await WholeHub.in({ 'backup.dir': backups, 'log.segment_bytes': '65536' })
  other = await WholeHub.in()
})

afterEach(async () => {
  await hub.remove()
  await other.remove()
  await rm(backups, { recursive: true, force: true })
})

/** No whole hour, so that every answer is made from rows: quantiles of rollups may differ by a hundredth. */
const RANGE = { from: '2026-10-21T10:05:00Z', to: '2026-10-21T10:55:00Z' }
const QUERIES = [
  ['requests.count', 'cost.total', 'tokens.input'],
  ['latency.p95', 'latency.max', 'latency.avg'],
  ['requests.errors', 'cost.unpriced.count', 'users.count'],
].flatMap((measures) => [
  { kind: 'table', measures, ...RANGE },
  { kind: 'table', measures, by: ['model'], ...RANGE },
  { kind: 'series', measures, by: ['time:15m'], ...RANGE },
])
const REPORTS = [
  '/costs',
  '/costs/breakdown',
  '/metrics/summary',
  '/metrics/models',
  '/performance',
]

/** Nine questions, the reports and the dead letters. */
async function answersOf(of: WholeHub, after: string): Promise<string[]> {
  const answers: unknown[] = []
  for (const question of QUERIES) {
    answers.push(await of.call('/api/v1/query', { ...question, after }))
  }
  expect(answers).toHaveLength(QUERIES.length)
  const range = `start_time=${RANGE.from}&end_time=${RANGE.to}`
  for (const report of REPORTS) answers.push(await of.call(`/api/v1${report}?${range}`))
  answers.push(await of.call(`/api/v1/dead-letters?limit=100`))
  for (const answer of answers) expect(answer).toMatchObject({ status: 200 })
  return answers.map((answer) => JSON.stringify(answer))
}

/** Calls, some reported twice, some refused, some of them rejected. */
async function send(from: number, to: number): Promise<void> {
  for (let i = from; i < to; i += 20) {
    const events = Array.from({ length: 20 }, (_, j) =>
      callEvent(
        `e${i + j}`,
        {
          request_id: `r${(i + j) % 50}`,
          usage: { input_tokens: 100 + i, output_tokens: j },
          latency_ms: 10 + ((i * 7 + j) % 400),
          user_id: `u${j % 5}`,
          status: j % 6 === 0 ? 'error' : 'ok',
          error_message: 'y'.repeat(500),
          ...(j % 9 === 0 ? { latency_ms: 'slow' } : {}),
        },
        { timestamp: `2026-10-21T10:${10 + (i % 40)}:00Z` },
      ),
    )
    expect((await hub.send(events)).status).toBe(200)
  }
}

/** Waits until everything of a backup's cursor is in the answers, and answers that position. */
async function until(of: WholeHub, backup: unknown): Promise<string> {
  const { cursor } = backup as { readonly cursor: Record<string, string> }
  const after = `0:${cursor['0']}`
  for (;;) {
    const question = { kind: 'table', measures: ['events.count'], after, ...RANGE }
    const { status } = await of.call('/api/v1/query', question)
    if (status === 200) return after
    expect(status).toBe(503)
  }
}

/** What a command prints. */
async function printed(
  command: (context: CliContext) => Promise<void>,
): Promise<Record<string, unknown>> {
  const { context, written } = rememberingContext()
  await command(context)
  return JSON.parse(written.out) as Record<string, unknown>
}

async function backedUp(to?: string): Promise<Record<string, unknown>> {
  const begun = await hub.call('/api/v1/backups', to === undefined ? {} : { to })
  expect(begun.status).toBe(202)
  for (;;) {
    const { body } = await hub.call('/api/v1/backups/status')
    if (body['running'] === null) return body['last'] as Record<string, unknown>
  }
}

it('a hub restored elsewhere answers the same, and recognises what it had', async () => {
  await hub.mustStart()
  await send(0, 60)
  await send(60, 100)
  const first = await backedUp()
  expect(first).toMatchObject({ failure: null, backup: { cursor: {} } })
  // More comes in, and a second backup while more still does.
  await send(100, 140)
  const going = send(140, 200)
  expect(await backedUp()).toMatchObject({ failure: null })
  await going
  const third = await backedUp()
  const answers = await answersOf(hub, await until(hub, third['backup']))
  await hub.stop()

  expect(await printed((context) => backupVerify(backups, {}, context))).toMatchObject({
    backups: 3,
    problems: [],
  })
  expect(await printed((context) => backupList(backups, {}, context))).toHaveLength(3)
  await printed((context) => restore({ from: backups, to: other.dir }, context, '1.0.0'))
  await other.mustStart()
  expect(await answersOf(other, await until(other, third['backup']))).toEqual(answers)
  // Same ids and contents are duplicates, as they would have been before.
  const again = callEvent(
    'e1',
    {
      request_id: 'r1',
      usage: { input_tokens: 100, output_tokens: 1 },
      latency_ms: 11,
      user_id: 'u1',
      status: 'ok',
      error_message: 'y'.repeat(500),
    },
    { timestamp: '2026-10-21T10:10:00Z' },
  )
  expect(await other.send([again])).toMatchObject({ body: { accepted: 0, duplicates: 1 } })
})

it('a backup of a stopped hub is made from its folder, and a half restored folder is refused', async () => {
  await hub.mustStart()
  await send(0, 60)
  await hub.stop()
  const made = await printed((context) =>
    backup({ offline: true, dataDir: hub.dir, to: backups }, context, '1.0.0'),
  )
  expect(made).toMatchObject({ files: expect.any(Number) as number })
  const at = String(made['id'])
  await printed((context) => restore({ from: backups, to: other.dir, at }, context, '1.0.0'))
  const marker = join(other.dir, 'restore-unfinished.json')
  await writeFile(marker, JSON.stringify({ run: 'llmhub restore --from a --to b' }))
  expect(await other.start()).toMatchObject({
    ok: false,
    reason: 'config',
    message: expect.stringContaining('llmhub restore --from a --to b') as string,
  })
  await rm(marker)
  await other.mustStart()
  const answers = await answersOf(other, await until(other, made))
  await hub.mustStart()
  expect(await answersOf(hub, await until(hub, made))).toEqual(answers)
})

it('a running hub writes backups only where it was told', async () => {
  await hub.mustStart()
  expect(await hub.call('/api/v1/backups', { to: '/' })).toMatchObject({
    status: 400,
    body: { code: 'invalid_request' },
  })
  expect(await hub.call('/api/v1/backups', { to: '../elsewhere' })).toMatchObject({ status: 400 })
  await mkdir(join(backups, 'nightly'))
  expect(await backedUp('nightly')).toMatchObject({ failure: null })
  expect(await readdir(join(backups, 'nightly'))).toContain('manifests')
  expect(await hub.call('/api/v1/backups?to=nightly')).toMatchObject({ body: { backups: [{}] } })
  await other.mustStart()
  expect(await other.call('/api/v1/backups', {})).toMatchObject({
    status: 409,
    body: { detail: expect.stringContaining('backup.dir') as string },
  })
})

it('what was erased after a backup is erased again when it is restored', async () => {
  await hub.mustStart()
  await send(0, 60)
  const first = await backedUp('before')
  const begun = await hub.call('/api/v1/erasures', { subject: { user_id: 'u1' } })
  expect(begun.status).toBe(202)
  const path = `/api/v1/erasures/${String(begun.body['id'])}`
  let receipt = begun.body
  while (receipt['state'] !== 'done') receipt = (await hub.call(path)).body
  const second = await backedUp('after')
  expect(second).toMatchObject({ failure: null })
  const question = { kind: 'table', measures: ['events.count'], by: ['user'], ...RANGE }
  const { body } = await hub.call('/api/v1/query', question)
  await hub.stop()
  const file = join(backups, 'receipts.json')
  await writeFile(file, `${JSON.stringify(receipt, null, 2)}\n`)
  const restored = await printed((context) =>
    restore({ from: join(backups, 'before'), to: other.dir, erasures: file }, context, '1.0.0'),
  )
  expect(restored).toMatchObject({ erased_again: [receipt['id']] })
  await other.mustStart()
  await until(other, first['backup'])
  // The first start takes them out of the log and brings the erasure to its end.
  for (;;) {
    const found = await other.call(path)
    expect(found.status).toBe(200)
    if (found.body['state'] === 'done') break
  }
  await until(other, first['backup'])
  const after = await other.call('/api/v1/query', question)
  expect(after.body['rows']).toEqual(body['rows'])
  expect(JSON.stringify(after.body['rows'])).not.toContain('u1')
  expect(JSON.stringify(after.body['rows'])).toContain('u2')
})
