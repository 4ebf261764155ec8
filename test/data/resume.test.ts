import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, request, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { MAPPINGS } from '../../packages/hub/src/cli/import/mappings.ts'
import { planOf } from '../../packages/hub/src/cli/import/plan.ts'
import { HubProcess } from '../support/hub-process.ts'
import { runCommand, startCommand } from '../support/llmhub-command.ts'
import { outcomes } from '../support/outcomes.ts'

/** An import that is killed while its rows are on their way goes on where it was, and counts nothing twice. */

/** Rows of the file; the import sends 5,000 at a time. */
const ROWS = 23_456
const folder = mkdtempSync(path.join(tmpdir(), 'llmhub-resume-'))
const file = path.join(folder, 'trace.csv')
let hub: HubProcess

beforeAll(async () => {
  const lines = Array.from({ length: ROWS }, (_, row) => {
    const time = new Date(Date.UTC(2025, 0, 1) + row * 1000)
      .toISOString()
      .replace('T', ' ')
      .slice(0, 19)
    return `${time}.0000000,${100 + (row % 50)},${row % 20}`
  })
  writeFileSync(file, `TIMESTAMP,ContextTokens,GeneratedTokens\n${lines.join('\n')}\n`)
  hub = await HubProcess.start({ dataDir: path.join(folder, 'hub') })
})

afterAll(async () => {
  await hub.stop()
  rmSync(folder, { recursive: true, force: true })
})

const ARGUMENTS = ['import', file, '--map', 'azure-llm-inference', '--field', 'model_id=gpt-4o']

interface Passage {
  readonly url: string
  readonly server: Server
}

/**
 * Passes requests on to the hub. The `last`-th batch of rows is the last one that gets through:
 * with `answered` false the hub takes it in, but its answer is lost.
 */
function passage(last: number, answered: boolean, cut: () => void): Promise<Passage> {
  let batches = 0
  const server = createServer((incoming, outgoing) => {
    const isBatch = incoming.method === 'POST'
    if (isBatch) batches++
    const isLast = isBatch && batches === last
    if (isBatch && batches > last) {
      cut()
      incoming.resume()
      return
    }
    const passed = request(
      `${hub.url}${incoming.url}`,
      {
        method: incoming.method ?? 'GET',
        headers: { ...incoming.headers, connection: 'close' },
        agent: false,
      },
      (reply) => {
        if (isLast && !answered) {
          reply.resume()
          reply.on('end', cut)
          return
        }
        outgoing.writeHead(reply.statusCode ?? 500, reply.headers)
        reply.pipe(outgoing)
      },
    )
    incoming.pipe(passed)
  })
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      resolve({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, server })
    })
  })
}

/** Runs the import until it is killed. */
async function interrupted(last: number, answered: boolean): Promise<number | null> {
  let kill = (): void => {}
  const { url, server } = await passage(last, answered, () => kill())
  const command = startCommand(url, ARGUMENTS)
  kill = () => command.child.kill('SIGKILL')
  const { code } = await command.result
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
  return code
}

async function progress(): Promise<{ rows: number; done: boolean }> {
  const { createHash } = await import('node:crypto')
  const hash = createHash('sha256').update(readFileSync(file)).digest('hex')
  const mapping = MAPPINGS.find(({ name }) => name === 'azure-llm-inference')
  if (mapping === undefined) throw new Error('the mapping is gone')
  const planned = planOf(mapping, { start: null, constants: { model_id: 'gpt-4o' } })
  if (!planned.ok) throw new Error(planned.problems.join())
  const path = `/api/v1/imports/${hash}?mapping=${planned.plan.hash}`
  return JSON.parse((await hub.get(path)).text) as {
    rows: number
    done: boolean
  }
}

test('killed twice, it goes on and ends with every row once', async () => {
  expect(await interrupted(1, true)).toBeNull()
  expect(await progress()).toEqual({ rows: 5000, done: false })
  // The hub has the next rows and says so, but the import never hears of it.
  expect(await interrupted(1, false)).toBeNull()
  expect(await progress()).toEqual({ rows: 10_000, done: false })

  const { code, stdout } = await runCommand(hub.url, [...ARGUMENTS, '-o', 'json'])
  expect(code).toBe(0)
  expect(JSON.parse(stdout)).toMatchObject({
    rows: ROWS,
    accepted: ROWS - 10_000,
    duplicates: 10_000,
    rejected: 0,
    unmapped: 0,
  })
  expect(await progress()).toEqual({ rows: ROWS, done: true })

  const again = await runCommand(hub.url, [...ARGUMENTS, '-o', 'json'])
  expect(JSON.parse(again.stdout)).toMatchObject({ accepted: 0, duplicates: ROWS, rejected: 0 })

  expect((await outcomes(hub, ROWS)).accepted).toBe(ROWS)
  const list = await runCommand(hub.url, [
    'query',
    'requests.count',
    'tokens.input',
    'events.first',
    'events.last',
    '--from',
    '2025-01-01',
    '--to',
    '2025-02-01',
    '-o',
    'json',
  ])
  const input = Array.from({ length: ROWS }, (_, row) => 100 + (row % 50))
  const { rows } = JSON.parse(list.stdout) as { rows: unknown[][] }
  expect(rows).toEqual([
    [
      ROWS,
      input.reduce((sum, tokens) => sum + tokens, 0),
      '2025-01-01T00:00:00.000Z',
      new Date(Date.UTC(2025, 0, 1) + (ROWS - 1) * 1000).toISOString(),
    ],
  ])
})
