import { mkdtempSync, rmSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { JsonSchema } from '../../packages/hub/src/api/route.ts'
import {
  type Answered,
  type CheckAnswer,
  openApiChecker,
} from '../../packages/hub/test/openapi-check.ts'
import { ADMIN_KEY, HubProcess } from '../support/hub-process.ts'
import { outcomes } from '../support/outcomes.ts'
import { residentMb } from '../support/process-measures.ts'
import { mixSeed, Seeded } from '../support/seeded.ts'
import { type FuzzRequest, fuzzRequest } from './fuzz-requests.ts'

const REQUESTS = Number(process.env['LLMHUB_FUZZ_REQUESTS'] ?? 10_000)
const SEED = Number(process.env['LLMHUB_FUZZ_SEED'] ?? 20_261_121)
const CONNECTIONS = 16
const SLOW_MS = 900_000
/** What the hub may grow by once it is warm: caches have limits, and 10,000 requests must fit in them. */
const GROWTH_MB = 160
/** Requests after which caches, buffers and compiled code are as they stay. */
const WARM = 0.3

interface Counts {
  accepted: number
  duplicates: number
  rejected: number
}

const folder = mkdtempSync(path.join(tmpdir(), 'llmhub-hostile-'))
let hub: HubProcess
let check: CheckAnswer

beforeAll(async () => {
  hub = await HubProcess.start({ dataDir: path.join(folder, 'hub') })
  const { text } = await hub.get('/openapi.json')
  check = openApiChecker(JSON.parse(text) as JsonSchema, { anyProblem: true })
}, SLOW_MS)

afterAll(async () => {
  await hub.stop()
  rmSync(folder, { recursive: true, force: true })
})

function send(agent: Agent, fuzz: FuzzRequest): Promise<Answered> {
  return new Promise((resolve, reject) => {
    const outgoing = request(
      hub.url,
      {
        method: fuzz.method,
        path: fuzz.path,
        agent,
        headers: {
          authorization: `Bearer ${ADMIN_KEY}`,
          ...fuzz.headers,
          ...(fuzz.body === null ? {} : { 'content-length': fuzz.body.length }),
        },
      },
      (incoming) => {
        const chunks: Buffer[] = []
        incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
        incoming.on('error', reject)
        incoming.on('end', () => {
          const [mediaType = ''] = String(incoming.headers['content-type'] ?? '').split(';')
          resolve({
            method: fuzz.method,
            path: fuzz.path,
            status: incoming.statusCode ?? 0,
            mediaType,
            text: Buffer.concat(chunks).toString('utf8'),
          })
        })
      },
    )
    outgoing.on('error', reject)
    outgoing.end(fuzz.body ?? undefined)
  })
}

const describeRequest = (fuzz: FuzzRequest): string =>
  `${fuzz.method} ${fuzz.path.slice(0, 200)} ${JSON.stringify(fuzz.headers).slice(0, 200)} ${fuzz.body?.toString('latin1').slice(0, 600) ?? ''}`

describe('fuzzed requests', { timeout: SLOW_MS }, () => {
  test(`${REQUESTS} requests: right codes, documented answers, counts that add up`, async () => {
    const sums: Counts = { accepted: 0, duplicates: 0, rejected: 0 }
    const statuses = new Map<string, number>()
    const wrong: string[] = []
    let received = 0
    let warm = 0
    let next = 0

    const connection = async (): Promise<void> => {
      const agent = new Agent({ keepAlive: true, maxSockets: 1 })
      try {
        while (next < REQUESTS && wrong.length < 20) {
          const index = next++
          if (index === Math.floor(REQUESTS * WARM)) warm = residentMb(hub.pid)
          const fuzz = fuzzRequest(new Seeded(mixSeed(SEED, index)))
          const answer = await send(agent, fuzz)
          const where = fuzz.path.split('?', 1)[0] ?? ''
          const kind = `${fuzz.method} ${where.slice(0, 30)} ${answer.status}`
          statuses.set(kind, (statuses.get(kind) ?? 0) + 1)
          const problems = answer.status >= 500 ? [`answered ${answer.status}`] : check(answer)
          for (const problem of problems) {
            wrong.push(`${index}: ${problem}\n    to ${describeRequest(fuzz)}`)
          }
          if (!fuzz.counts || answer.mediaType !== 'application/json') continue
          if (fuzz.method !== 'POST' || !/^\/api\/v1\/(events|imports)/.test(where)) continue
          const counts = JSON.parse(answer.text) as Counts
          sums.accepted += counts.accepted
          sums.duplicates += counts.duplicates
          sums.rejected += counts.rejected
          received += counts.accepted + counts.duplicates + counts.rejected
        }
      } finally {
        agent.destroy()
      }
    }
    await Promise.all(Array.from({ length: CONNECTIONS }, connection))

    expect(wrong).toEqual([])
    // The requests are worth their name: some of each outcome, on every way in.
    const seen = [...statuses.keys()].join('\n')
    for (const status of [200, 400, 405, 415, 422]) expect(seen).toContain(`events ${status}`)
    for (const status of [200, 400]) expect(seen).toContain(`query ${status}`)
    expect(seen).toContain('/costs 200')
    expect(Math.min(sums.accepted, sums.duplicates, sums.rejected)).toBeGreaterThan(REQUESTS / 50)

    expect(await outcomes(hub, received)).toEqual(sums)
    expect(residentMb(hub.pid) - warm).toBeLessThan(GROWTH_MB)
    expect(hub.hasEnded).toBe(false)
    expect((await hub.get('/ready')).status).toBe(200)
  })
})
