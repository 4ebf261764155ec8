import { readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { EXIT } from '../../src/cli/exit-codes.ts'
import { run } from '../../src/cli/run-cli.fixture.ts'
import { WholeHub } from '../scenarios/whole-hub.ts'

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url))
const SHORT = ['--seconds', '1', '--batch', '50', '--connections', '2']

interface Report {
  readonly temporary: boolean
  readonly full: { readonly events: number; readonly eventsPerSecond: number }
  readonly half: { readonly events: number }
  readonly questions: {
    readonly events: number
    readonly each: readonly { readonly asked: number }[]
  }
}

let hub: WholeHub

beforeAll(async () => {
  hub = await WholeHub.in()
  await hub.mustStart()
  vi.stubEnv('LLMHUB_KEY', hub.headers['authorization']?.replace('Bearer ', ''))
})
afterAll(async () => {
  vi.unstubAllEnvs()
  await hub.remove()
})

const leftOver = () => readdirSync(tmpdir()).filter((name) => name.startsWith('llmhub-bench-'))

it('measures a running hub in a project of its own, and touches no other', async () => {
  const { code, out, err } = await run(['bench', '--url', hub.url, ...SHORT])
  expect(code, err).toBe(EXIT.ok)
  const report = JSON.parse(out) as Report
  expect(report.temporary).toBe(false)
  expect(report.full.eventsPerSecond).toBeGreaterThan(0)
  expect(report.questions.each.every(({ asked }) => asked > 0)).toBe(true)
  expect(err).toContain('llmhub retention set 1 --project bench')
  // Every event it says were taken in is there, and nowhere else.
  const question = { kind: 'table', measures: ['requests.count'], from: 'now-1d', to: 'now' }
  const all = await hub.call('/api/v1/query', { ...question, to: 'now' })
  const inProject = await fetch(`${hub.url}/api/v1/query`, {
    method: 'POST',
    headers: {
      ...hub.headers,
      'content-type': 'application/json',
      'x-llmhub-project': 'bench',
    },
    body: JSON.stringify(question),
  })
  const { rows } = (await inProject.json()) as { rows: unknown[][] }
  expect(rows).toEqual([[report.questions.events]])
  expect(all.body['rows']).toEqual([[report.questions.events]])
})

it('measures a hub of its own, and leaves nothing behind', async () => {
  const before = leftOver()
  const flags = ['--disable-warning=ExperimentalWarning', '--conditions=@llmhub/source']
  const self = [process.execPath, ...flags, MAIN]
  const { code, out, err } = await run(['bench', ...SHORT, '-o', 'table'], { self })
  expect(code, err).toBe(EXIT.ok)
  expect(out).toMatch(/^as fast as it goes +[\d,]+ \/s/m)
  expect(out).toMatch(/^newest 50 events +\d+/m)
  expect(leftOver()).toEqual(before)
})

it.each([
  [['--seconds', '0'], EXIT.usage],
  [['--seconds', '301'], EXIT.usage],
  [['--batch', '10001'], EXIT.usage],
])('is bounded: %j', async (args, expected) => {
  expect((await run(['bench', ...args])).code).toBe(expected)
})

it('says when its hub does not start, and removes what it made', async () => {
  const before = leftOver()
  const { code, err } = await run(['bench'], { self: ['/bin/false'] })
  expect([code, err]).toEqual([EXIT.failure, expect.stringContaining('the hub did not start')])
  expect(leftOver()).toEqual(before)
})
