import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { backup } from '../../src/cli/commands/backup.ts'
import { type GeneratedRange, rangeOf } from '../../src/cli/generate/range.ts'
import { sendHistory } from '../../src/cli/generate/send-history.ts'
import { sendLive } from '../../src/cli/generate/send-live.ts'
import { writeFolder } from '../../src/cli/generate/write-folder.ts'
import { rememberingContext } from '../../src/cli/remembering-context.fixture.ts'
import { resolveConfig } from '../../src/config/resolve.ts'
import { systemClock } from '../../src/core/clock.ts'
import type { Totals } from '../../src/generate/totals.ts'
import { verifyJournal } from '../../src/log/journal/verify.ts'
import { WholeHub } from './whole-hub.ts'

/*
 * One world, brought in over HTTP and written straight into a new folder: two hubs that nobody can tell
 * apart by asking.
 */

const never = new AbortController().signal
const quiet = { update: () => {}, finish: () => {} }
const range: GeneratedRange = rangeOf(
  { from: '2026-10-20', days: 4, events: 2400, seed: 5 },
  Date.parse('2026-11-01T00:00:00Z') * 1000,
)
const command = 'llmhub generate --into here'
const SPAN = { from: '2026-10-20T00:00:00Z', to: '2026-10-24T00:00:00Z' }

const QUESTIONS = [
  { measures: ['events.count', 'value.sum'], by: ['kind'] },
  { measures: ['cost.total', 'cost.cache_saved', 'tokens.input', 'tokens.output'], by: ['model'] },
  { measures: ['latency.p50', 'latency.p95', 'latency.avg', 'ttft.p95'], by: ['provider'] },
  { measures: ['requests.count', 'requests.error_rate'], by: ['service', 'environment'] },
  { measures: ['quality.avg', 'requests.count'], by: ['task_type'] },
  { measures: ['cost.total', 'tokens.reasoning', 'tokens.cache_read'], by: ['user'] },
  { measures: ['requests.count'], by: ['tag.team', 'tag.region'] },
  { measures: ['requests.count'], by: ['error_type', 'prompt_version'] },
].map((question) => ({ kind: 'table', ...question, ...SPAN }))

describe('generated history', () => {
  let sent: WholeHub
  let written: WholeHub
  let totals: Totals

  beforeAll(async () => {
    sent = await WholeHub.in()
    written = await WholeHub.in()
    const resolved = resolveConfig({ environment: {}, flags: {}, readFile: () => '' })
    if (!resolved.ok) throw new Error(JSON.stringify(resolved.issues))
    const { config } = resolved.resolved
    const common = { clock: systemClock, progress: quiet, signal: never }
    const parts = { range, dir: written.dir, command, config, version: '0.1.0', ...common }
    totals = await writeFolder(parts)
    await sent.mustStart()
    await written.mustStart()
    while ((await fetch(`${written.url}/ready`)).status !== 200);
  })

  afterAll(async () => {
    await sent.remove()
    await written.remove()
  })

  const settingsOf = (hub: WholeHub) => ({
    url: hub.url,
    key: hub.headers['authorization']?.replace('Bearer ', '') ?? null,
  })
  const send = (hub: WholeHub, what: GeneratedRange = range) =>
    sendHistory({
      range: what,
      settings: settingsOf(hub),
      clock: systemClock,
      progress: quiet,
      signal: never,
    })
  const ask = async (hub: WholeHub, question: object): Promise<unknown> => {
    const { status, body } = await hub.call('/api/v1/query', question)
    expect(status, JSON.stringify(body)).toBe(200)
    return body['rows']
  }

  it('is accepted whole over HTTP, and adds up to the truth of the folder', async () => {
    const first = await send(sent)
    expect(first).toMatchObject({ duplicates: 0, rejected: 0, problems: [], totals })
    expect(first.accepted).toBe(totals.events)
    const after = first.position
    const question = { kind: 'table', measures: ['events.count'], by: ['kind'], after, ...SPAN }
    const rows = (await ask(sent, question)) as readonly (readonly unknown[])[]
    expect(Object.fromEntries(rows)).toEqual(totals.kinds)
  })

  it('answers the same however it came', async () => {
    for (const question of QUESTIONS) {
      const [a, b] = [await ask(sent, question), await ask(written, question)]
      expect(b, JSON.stringify(question)).toEqual(a)
      expect((a as unknown[]).length).toBeGreaterThan(1)
    }
  })

  it('is recognised when it comes again, by either way', async () => {
    expect(await send(sent)).toMatchObject({ accepted: 0, duplicates: totals.events, rejected: 0 })
    // Another range has ledgers of its own, so that every event is sent.
    const wider = { ...range, to: range.to + 60_000 }
    for (const hub of [sent, written]) {
      const again = await send(hub, wider)
      expect(again.duplicates).toBe(totals.events)
      expect(again.accepted).toBe(again.totals.events - totals.events)
    }
  })

  it('is whole: store and rollups, and the log of the stopped hub', async () => {
    for (const what of ['store', 'rollups', 'log']) {
      const { status, body } = await written.call(`/api/v1/verify/${what}`, {})
      expect([what, status, body['problems']]).toEqual([what, 200, []])
    }
    const before = await Promise.all(QUESTIONS.map((question) => ask(written, question)))
    await written.rebuild()
    expect(await Promise.all(QUESTIONS.map((question) => ask(written, question)))).toEqual(before)
    await written.stop()
    expect((await verifyJournal(join(written.dir, 'log'))).ok).toBe(true)
  })

  it('is not written into a folder that holds something', async () => {
    expect(existsSync(join(written.dir, 'format.json'))).toBe(true)
    const before = readFileSync(join(written.dir, 'format.json'), 'utf8')
    const resolved = resolveConfig({ environment: {}, flags: {}, readFile: () => '' })
    if (!resolved.ok) throw new Error(JSON.stringify(resolved.issues))
    const { config } = resolved.resolved
    const parts = { range, dir: written.dir, command, config, version: '0.1.0', clock: systemClock }
    const writing = writeFolder({ ...parts, progress: quiet, signal: never })
    await expect(writing).rejects.toThrow('is not empty')
    expect(readFileSync(join(written.dir, 'format.json'), 'utf8')).toBe(before)
  })

  it('goes on live, until the signal', async () => {
    const stop = new AbortController()
    let told = 0
    const live = await sendLive({
      seed: 3,
      perSecond: 400,
      forMs: Number.POSITIVE_INFINITY,
      settings: settingsOf(sent),
      clock: systemClock,
      signal: stop.signal,
      onSent: ({ accepted }) => {
        told = accepted
        if (accepted > 100) stop.abort()
      },
    })
    expect(live).toMatchObject({ accepted: told, duplicates: 0, rejected: 0, problems: [] })
    const after = live.position
    const question = { kind: 'table', measures: ['events.count'], from: 'now-5m', after }
    expect(await ask(sent, question)).toEqual([[told]])
  })
})

describe('a folder that is being written', () => {
  const resolved = resolveConfig({ environment: {}, flags: {}, readFile: () => '' })
  if (!resolved.ok) throw new Error(JSON.stringify(resolved.issues))
  const { config } = resolved.resolved
  const write = (dir: string, signal = never): Promise<Totals> =>
    writeFolder({
      range,
      dir,
      command,
      config,
      version: '0.1.0',
      clock: systemClock,
      progress: quiet,
      signal,
    })

  it('is refused by hub and backup while a part is in it, and begun anew by the same command', async () => {
    const hub = await WholeHub.in()
    await expect(write(hub.dir, AbortSignal.abort())).rejects.toThrow('interrupted')
    const refused = { ok: false, reason: 'config', message: expect.stringContaining(command) }
    expect(await hub.start()).toMatchObject(refused)
    const offline = { offline: true, dataDir: hub.dir, to: `${hub.dir}-backups` }
    await expect(backup(offline, rememberingContext().context, '0.1.0')).rejects.toThrow(command)
    const totals = await write(hub.dir)
    await hub.mustStart()
    while ((await fetch(`${hub.url}/ready`)).status !== 200);
    const question = { kind: 'table', measures: ['events.count'], ...SPAN }
    expect((await hub.call('/api/v1/query', question)).body['rows']).toEqual([[totals.events]])
    await hub.remove()
  })

  it('is written by one process at a time, and by none once it is whole', async () => {
    const hub = await WholeHub.in()
    const outcomes = await Promise.allSettled([write(hub.dir), write(hub.dir)])
    expect(outcomes.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected'])
    await expect(write(hub.dir)).rejects.toThrow('is not empty')
    await hub.remove()
  })

  it('is named with what is wrong where it cannot be one', async () => {
    const hub = await WholeHub.in()
    const file = join(hub.dir, 'file')
    writeFileSync(file, '')
    await expect(write(file)).rejects.toThrow(`${file} cannot be written`)
    await expect(write(join(file, 'below'))).rejects.toThrow('cannot be written')
    await hub.remove()
  })
})
