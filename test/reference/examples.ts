/** Carries out the examples of the reference, in each of their languages, against a hub. */

import { execFile, spawn } from 'node:child_process'
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { exampleOf, type RouteExample } from '../../packages/hub/src/api/openapi/examples.ts'
import { ADMIN_KEY, type HubProcess, pause } from '../support/hub-process.ts'
import type { OpenApi, Operation } from './openapi.ts'

export type Language = 'sh' | 'ts' | 'python'

export interface Example {
  /** `GET /api/v1/keys/{id}`. */
  readonly name: string
  /** As the table of routes has it: `GET /api/v1/keys/:id`. */
  readonly route: string
  readonly operation: Operation
  readonly example: RouteExample
}

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const run = promisify(execFile)
/** What the examples show as the project's name. */
const SHOWN_PROJECT = 'shop'

/** Every example that is to be carried out, in the order of the document. */
export function examplesOf(document: OpenApi): readonly Example[] {
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).flatMap(([method, operation]) => {
      if (operation['x-codeSamples'] === undefined) return []
      const verb = method.toUpperCase() as 'GET'
      const url = path.replace(/\{(\w+)\}/g, ':$1')
      const parameters = (operation.parameters ?? []).map(({ name }) => ({ name, doc: '' }))
      const example = exampleOf({ method: verb, url, query: { checked: true, parameters } })
      if (example === null || example.notRun !== undefined) return []
      return [{ name: `${verb} ${path}`, route: `${verb} ${url}`, operation, example }]
    }),
  )
}

/** Acts that need a key bound to no project; the others see the project of their language alone. */
function isUnbound({ name, operation }: Example): boolean {
  if (name === 'GET /api/v1/backups') return true
  if (name === 'POST /api/v1/prices/reprice') return false
  // SQL reads all projects.
  if (operation.tags[0] === 'sql') return true
  const acts = ['projects', 'keys', 'prices', 'retention', 'operations']
  return !name.startsWith('GET') && acts.includes(operation.tags[0] ?? '')
}

/** Variables of the environment that the samples read, for each language its own. */
export interface Prepared {
  readonly project: string
  readonly environment: (example: Example) => Readonly<Record<string, string>>
}

/** A project of its own for a language, with the same events as the others. */
export async function prepare(hub: HubProcess, language: Language): Promise<Prepared> {
  const project = `docs-${language}`
  await expectOk(
    hub.send('PUT', `/api/v1/projects/${project}`, '{"events_per_second":null}', JSON_TYPE),
  )
  const key = await json<{ key: string }>(
    hub.post('/api/v1/keys', { name: 'reference', project, permissions: ['admin'] }),
  )
  const spare = await json<{ id: string }>(
    hub.post('/api/v1/keys', { name: 'old service', project: null, permissions: ['ingest:write'] }),
  )
  const ask = async <T>(method: string, path: string, body?: unknown): Promise<T> => {
    const response = await fetch(hub.url + path, {
      method,
      headers: { authorization: `Bearer ${key.key}`, 'content-type': JSON_TYPE },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    if (!response.ok) throw new Error(`${method} ${path}: ${await response.text()}`)
    return (await response.json()) as T
  }
  const sent = await ask<{ accepted: number; rejected: number; position: string }>(
    'POST',
    '/api/v1/events',
    FIXTURE_EVENTS,
  )
  if (sent.accepted !== FIXTURE_EVENTS.length - 1 || sent.rejected !== 1) {
    throw new Error(`the events of the fixture: ${JSON.stringify(sent)}`)
  }
  // Every example sees everything that was sent.
  await ask('POST', '/api/v1/query', {
    kind: 'table',
    measures: ['events.count'],
    after: sent.position,
  })
  const { letters } = await ask<{ letters: { id: string }[] }>('GET', '/api/v1/dead-letters')
  const erasure = await ask<{ id: string; state: string }>('POST', '/api/v1/erasures', {
    subject: { user_id: 'user-gone' },
  })
  let { state } = erasure
  while (state !== 'done') {
    await pause(25)
    const receipt = await ask<{ state: string }>('GET', `/api/v1/erasures/${erasure.id}`)
    state = receipt.state
  }
  return {
    project,
    environment: (example) => ({
      LLMHUB_URL: hub.url,
      LLMHUB_KEY: isUnbound(example) ? ADMIN_KEY : key.key,
      LETTER_ID: letters[0]?.id ?? '',
      KEY_ID: spare.id,
      ERASURE_ID: erasure.id,
    }),
  }
}

/** Carries out all examples of a language; the answer has what each printed. Throws where one fails. */
export async function carryOut(
  language: Language,
  examples: readonly Example[],
  prepared: Prepared,
  folder: string,
): Promise<readonly string[]> {
  const jobs = examples.map((example) => ({
    name: example.name,
    env: prepared.environment(example),
    source: sourceOf(example, language),
  }))
  const printed =
    language === 'sh'
      ? await inShell(jobs)
      : language === 'ts'
        ? await inNode(jobs, folder)
        : await inPython(jobs)
  return printed.map((text) => text.replaceAll(prepared.project, SHOWN_PROJECT))
}

function sourceOf({ name, operation }: Example, language: Language): string {
  const sample = operation['x-codeSamples']?.find(({ lang }) => lang === language)
  if (sample === undefined) throw new Error(`${name} has no example in ${language}`)
  return sample.source
}

interface Job {
  readonly name: string
  readonly env: Readonly<Record<string, string>>
  readonly source: string
}

/** Tells a refusal by the exit code. */
const CURL = 'curl() { command curl -sS --fail-with-body "$@"; }\n'

async function inShell(jobs: readonly Job[]): Promise<string[]> {
  const printed: string[] = []
  for (const { env, name, source } of jobs) {
    const { stdout } = await run('bash', ['--norc', '-euo', 'pipefail', '-c', CURL + source], {
      env: { PATH: process.env['PATH'] ?? '', ...env },
      maxBuffer: 64 * 1024 * 1024,
    }).catch((error: unknown) => {
      const { message, stdout: said } = error as Error & { readonly stdout: string }
      throw new Error(`${name} with curl: ${message}\n${said}`, { cause: error })
    })
    printed.push(stdout)
  }
  return printed
}

const NODE_RUNNER = `
const { jobs } = JSON.parse(await new Response(process.stdin).text())
const print = console.log
const printed = []
for (const [index, job] of jobs.entries()) {
  Object.assign(process.env, job.env)
  const lines = []
  console.log = (line) => lines.push(line)
  try {
    await import(\`./example-\${index}.ts\`)
  } catch (error) {
    throw new Error(\`\${job.name}: \${error.message}\`, { cause: error })
  }
  printed.push(lines.join('\\n'))
}
print(JSON.stringify(printed))
`

async function inNode(jobs: readonly Job[], folder: string): Promise<string[]> {
  const place = join(folder, 'typescript')
  mkdirSync(place)
  symlinkSync(join(ROOT, 'node_modules'), join(place, 'node_modules'))
  writeFileSync(join(place, 'package.json'), '{ "type": "module" }')
  writeFileSync(join(place, 'run.js'), NODE_RUNNER)
  for (const [index, { source }] of jobs.entries()) {
    writeFileSync(join(place, `example-${index}.ts`), source)
  }
  const args = ['--conditions=@llmhub/source', '--disable-warning=ExperimentalWarning']
  return fed(process.execPath, [...args, join(place, 'run.js')], jobs)
}

const PYTHON_RUNNER = `
import contextlib, io, json, os, sys, urllib.error
printed = []
for job in json.load(sys.stdin)["jobs"]:
    os.environ.update(job["env"])
    out = io.StringIO()
    try:
        with contextlib.redirect_stdout(out):
            exec(compile(job["source"], job["name"], "exec"), {})
    except urllib.error.HTTPError as error:
        sys.exit(job["name"] + ": " + error.read().decode())
    printed.append(out.getvalue())
print(json.dumps(printed))
`

function inPython(jobs: readonly Job[]): Promise<string[]> {
  return fed('python3', ['-c', PYTHON_RUNNER], jobs)
}

/** Runs a program with the jobs as its input; what it prints is what each of them printed. */
function fed(command: string, args: readonly string[], jobs: readonly Job[]): Promise<string[]> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'] })
    let out = ''
    let said = ''
    child.stdout.on('data', (bytes: Buffer) => (out += bytes.toString()))
    child.stderr.on('data', (bytes: Buffer) => (said += bytes.toString()))
    child.once('error', reject)
    child.once('close', (code) => {
      if (code === 0) resolve(JSON.parse(out) as string[])
      else reject(new Error(`${command}: exit ${code}\n${said.slice(-4000)}`))
    })
    child.stdin.end(JSON.stringify({ jobs }))
  })
}

const JSON_TYPE = 'application/json'

async function json<T>(reply: ReturnType<HubProcess['send']>): Promise<T> {
  const { status, text } = await reply
  if (status >= 300) throw new Error(`HTTP ${status}: ${text}`)
  return JSON.parse(text) as T
}

async function expectOk(reply: ReturnType<HubProcess['send']>): Promise<void> {
  await json(reply)
}

/** A morning of two models and two users, one error, and one event that is rejected. */
const FIXTURE_EVENTS: readonly Readonly<Record<string, unknown>>[] = [
  ...[0, 1, 2, 3, 4, 5].map((index) => ({
    common: {
      event_id: `morning-${index}`,
      timestamp: `2025-11-20T0${index + 4}:00:00Z`,
      environment: 'production',
      tags: { feature: index % 2 === 0 ? 'search' : 'chat' },
    },
    payload: {
      type: 'llm_request',
      provider: index % 2 === 0 ? 'openai' : 'anthropic',
      model_id: index % 2 === 0 ? 'gpt-4o' : 'claude-sonnet-4-5',
      request_id: `request-${index}`,
      user_id: index === 5 ? 'user-gone' : `user-${index % 2}`,
      conversation_id: `talk-${index % 3}`,
      usage: { input_tokens: 1000 + 100 * index, output_tokens: 200, cached_tokens: 10 * index },
      latency_ms: 400 + 50 * index,
      ttft_ms: 120 + index,
      ...(index === 3 ? { status: 'error', error_code: 'rate_limit', http_status: 429 } : {}),
    },
  })),
  {
    common: { event_id: 'morning-broken', timestamp: '2025-11-20T11:00:00Z' },
    payload: { type: 'llm_request', provider: 'openai', model_id: 'gpt-4o', latency_ms: 'fast' },
  },
]
