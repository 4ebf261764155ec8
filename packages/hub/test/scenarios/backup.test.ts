import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { callEvent } from '../intake-fixture.ts'
import { WholeHub } from './whole-hub.ts'

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url))
const run = promisify(execFile)

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

/** Waits until everything of a backup's cursor is in the answers. */
async function until(of: WholeHub, backup: unknown): Promise<string> {
  const { cursor } = backup as { readonly cursor: Record<string, string> }
  while ((await of.call('/ready')).status !== 200) {
    await new Promise((resume) => setImmediate(resume))
  }
  return `0:${cursor['0']}`
}

async function cli(...args: readonly string[]): Promise<Record<string, unknown>> {
  const { stdout } = await run(process.execPath, [
    '--disable-warning=ExperimentalWarning',
    '--conditions=@llmhub/source',
    MAIN,
    ...args,
  ])
  return JSON.parse(stdout) as Record<string, unknown>
}

async function backedUp(to?: string): Promise<Record<string, unknown>> {
  const begun = await hub.call('/api/v1/backups', to === undefined ? {} : { to })
  expect(begun.status).toBe(202)
  for (;;) {
    const { body } = await hub.call('/api/v1/backups/status')
    if (body['running'] === null) return body['last'] as Record<string, unknown>
    await new Promise((resume) => setImmediate(resume))
  }
}

it('a hub restored elsewhere answers the same, and recognises what it had', async () => {
  await hub.mustStart()
  await send(0, 200)
  await send(200, 300)
  const first = await backedUp()
  expect(first).toMatchObject({ failure: null, backup: { cursor: {} } })
  // More comes in, and a second backup while more still does.
  await send(300, 400)
  const going = send(400, 500)
  expect(await backedUp()).toMatchObject({ failure: null })
  await going
  const third = await backedUp()
  const answers = await answersOf(hub, await until(hub, third['backup']))
  await hub.stop()

  expect(await cli('backup', 'verify', backups)).toMatchObject({ backups: 3, problems: [] })
  expect(await cli('backup', 'list', backups)).toHaveLength(3)
  await cli('restore', '--from', backups, '--to', other.dir)
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
  const made = await cli('backup', '--offline', '--data-dir', hub.dir, '--to', backups)
  expect(made).toMatchObject({ files: expect.any(Number) as number })
  await cli('restore', '--from', backups, '--to', other.dir, '--at', String(made['id']))
  const { writeFile } = await import('node:fs/promises')
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
