import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { HubProcess, NoAnswer } from '../support/hub-process.ts'

const dataDir = mkdtempSync(join(tmpdir(), 'llmhub-replay-'))
// Events are applied long after they are on disk, and only then is it written what became of the letters.
const settings = { 'store.apply_interval_ms': 1000 }
const LETTERS = 200
const PATH = '/api/v1/dead-letters'

afterAll(() => rmSync(dataDir, { recursive: true, force: true }))

function event(n: number, model: unknown): unknown {
  return {
    common: { event_id: `e${n}`, timestamp: '2026-11-20T10:00:00Z' },
    payload: { type: 'llm_request', model_id: model },
  }
}

test('SIGKILL between the events of a replay and what it says of the letters: again counts once', async () => {
  let hub = await HubProcess.start({ dataDir, settings })
  try {
    const wrong = Array.from({ length: LETTERS }, (_, n) => event(n, 7))
    expect((await hub.post('/api/v1/events', wrong)).status).toBe(422)
    const replay = { filter: {}, set: { '/payload/model_id': 'gpt-4o' } }
    const killed = hub.post(`${PATH}/replay`, replay).catch((error: unknown) => error)
    const last = event(LETTERS - 1, 'gpt-4o')
    const isOnDisk = async (): Promise<boolean> => {
      const { text } = await hub.post('/api/v1/events?dryRun=true', [last])
      return (JSON.parse(text) as { duplicates: number }).duplicates === 1
    }
    while (!(await isOnDisk()));
    await hub.kill()
    expect(await killed).toBeInstanceOf(NoAnswer)

    hub = await HubProcess.start({ dataDir })
    const open = async (): Promise<unknown> =>
      (JSON.parse((await hub.get(`${PATH}?status=open&limit=1`)).text) as { total: number }).total
    expect(await open()).toBe(LETTERS)
    const again = await hub.post(`${PATH}/replay`, replay)
    expect(JSON.parse(again.text)).toMatchObject({ counts: { duplicate: LETTERS } })
    expect(await open()).toBe(0)
    const question = {
      kind: 'table',
      measures: ['requests.count'],
      from: '2026-11-20',
      to: '2026-11-21',
    }
    const { text } = await hub.post('/api/v1/query', question)
    expect(JSON.parse(text)).toMatchObject({ rows: [[LETTERS]] })
  } finally {
    await hub.kill()
  }
})
