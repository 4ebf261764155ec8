import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openApiChecker } from '../../packages/hub/test/openapi-check.ts'
import { ADMIN_KEY, HubProcess } from '../support/hub-process.ts'
import { whyNot } from '../support/installed.ts'
import { clientTypes } from './client-types.ts'
import { comparable, trimmed } from './compare-answers.ts'
import { carryOut, type Example, examplesOf, inNode, type Language, prepare } from './examples.ts'
import type { OpenApi } from './openapi.ts'
import { apiPage, metricsPage } from './served.ts'

const ROOT = join(import.meta.dirname, '../..')
const ANSWERS = 'packages/hub/src/api/openapi/answers.json'
/** A busy machine takes its time for three languages and a hub. */
const SLOW_MS = 600_000
const UPDATE = process.env['UPDATE'] === '1'

const folder = mkdtempSync(join(tmpdir(), 'llmhub-reference-'))
const backups = join(folder, 'backups')
const start = () =>
  HubProcess.start({ dataDir: join(folder, 'data'), settings: { 'backup.dir': backups } })
let hub: HubProcess
let document: OpenApi
let examples: readonly Example[]

beforeAll(async () => {
  mkdirSync(backups)
  hub = await start()
  document = await served()
  examples = examplesOf(document)
}, SLOW_MS)

afterAll(async () => {
  await hub.kill()
  rmSync(folder, { recursive: true, force: true })
})

async function served(): Promise<OpenApi> {
  return JSON.parse((await hub.get('/openapi.json')).text) as OpenApi
}

/** Compares a file with what it is made of, or writes it. */
function holds(path: string, made: string): void {
  const file = join(ROOT, path)
  if (UPDATE) writeFileSync(file, made)
  expect(readFileSync(file, 'utf8')).toBe(made)
}

interface Recorded {
  readonly status: number
  readonly media: string
  readonly body: unknown
}

describe('examples', () => {
  const LANGUAGES: readonly (readonly [string, Language, command: string])[] = [
    ['curl', 'sh', 'curl'],
    ['TypeScript', 'ts', process.execPath],
    ['Python', 'python', 'python3'],
  ]
  it.for(LANGUAGES)(
    'run with %s and answer what is recorded (UPDATE=1 records)',
    { timeout: SLOW_MS },
    async ([, language, command], context) => {
      const missing = whyNot(command)
      if (missing !== null) return context.skip(missing)
      expect(examples.length).toBeGreaterThan(35)
      const printed = await carryOut(language, examples, await prepare(hub, language), folder)
      const recorded = JSON.parse(readFileSync(join(ROOT, ANSWERS), 'utf8')) as Record<
        string,
        Recorded
      >
      const check = openApiChecker(document as unknown as Readonly<Record<string, unknown>>)
      const now: Record<string, Recorded> = {}
      for (const [
        index,
        { example, name: operation, operation: declared, route },
      ] of examples.entries()) {
        const text = printed[index] ?? ''
        const [status, media] = firstSuccess(declared)
        if (/[/+]json$/.test(media)) {
          const [method = '', path = ''] = operation.split(' ')
          expect(check({ method, path, status, mediaType: media, text })).toEqual([])
        } else expect(text.trim() === '', operation).toBe(media === '')
        if (example.record === 'status' || media === '') continue
        const body = trimmed(/[/+]json$/.test(media) ? JSON.parse(text) : text.trimEnd())
        const known = recorded[route]
        const same = (value: unknown) => comparable(value, example.varies === true)
        const isSame =
          known !== undefined && JSON.stringify(same(known.body)) === JSON.stringify(same(body))
        if (!(UPDATE && language === 'sh')) expect(same(body), operation).toEqual(same(known?.body))
        now[route] = isSame ? known : { status, media, body }
      }
      if (UPDATE && language === 'sh') {
        writeFileSync(join(ROOT, ANSWERS), `${JSON.stringify(now, null, 2)}\n`)
      }
      expect(Object.keys(now).toSorted()).toEqual(
        Object.keys(JSON.parse(readFileSync(join(ROOT, ANSWERS), 'utf8')) as object).toSorted(),
      )
    },
  )
})

describe('what is made from a served document', () => {
  it(
    'is made from one that has the recorded answers',
    async () => {
      if (!UPDATE) return
      await hub.stop()
      hub = await start()
      document = await served()
    },
    SLOW_MS,
  )

  it('docs/reference/openapi.json (UPDATE=1 writes it)', () => {
    holds('docs/reference/openapi.json', `${JSON.stringify(document, null, 2)}\n`)
  })

  it('docs/reference/api.md (UPDATE=1 writes it)', () => {
    holds('docs/reference/api.md', `${apiPage(document)}\n`)
  })

  it('docs/reference/metrics.md (UPDATE=1 writes it)', async () => {
    holds('docs/reference/metrics.md', `${metricsPage((await hub.get('/metrics')).text)}\n`)
  })

  it('the types of the client (UPDATE=1 writes them)', () => {
    holds('packages/client/src/generated/operations.ts', clientTypes(document))
  })
})

describe('programs of the pages', () => {
  it.each(['packages/client/README.md', 'docs/guide/api-clients.md', 'docs/guide/live.md'])(
    '%s: its TypeScript runs as it stands',
    async (page) => {
      const text = readFileSync(join(ROOT, page), 'utf8')
      const blocks = [
        ...text.matchAll(/^```ts run\n([^]*?)^```\n(?:\n```text answer\n([^]*?)^```)?/gm),
      ]
      expect(blocks.length).toBeGreaterThan(0)
      const env = { LLMHUB_URL: hub.url, LLMHUB_KEY: ADMIN_KEY }
      const jobs = blocks.map(([, source = '']) => ({ name: page, env, source }))
      const printed = await inNode(jobs, folder)
      for (const [index, [, , answer]] of blocks.entries()) {
        if (answer !== undefined) expect(printed[index]?.trim()).toBe(answer.trim())
      }
    },
    SLOW_MS,
  )
})

/** Status and media type of the successful answer that is declared first; no media type for no body. */
function firstSuccess({ responses }: Example['operation']): [status: number, media: string] {
  const [status = '200', response] =
    Object.entries(responses).find(([code]) => code.startsWith('2')) ?? []
  return [Number(status), Object.keys(response?.content ?? {})[0] ?? '']
}
