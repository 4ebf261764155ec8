import { statSync } from 'node:fs'
import type { ClientSettings } from '../../config/load.ts'
import type { Config } from '../../config/options.ts'
import { type HubResponse, request } from '../client.ts'
import { maskedKey } from '../connection.ts'
import type { CliContext } from '../context.ts'
import { printable } from '../output.ts'
import { type Finding, ok, problem, warning } from './finding.ts'
import { type ProcessName, portOwner, shownProcess, whyNotFree } from './port-owner.ts'

const CLOCK_TOLERANCE_MS = 30_000
const MOST_READY_TEXT = 300

export interface HubFindings {
  readonly findings: readonly Finding[]
  /** The version that answered, or null. */
  readonly version: string | null
}

/** The hub that commands would talk to: there, ready, with this clock, for this key, taking events. */
export async function checkHub(
  settings: ClientSettings,
  config: Config,
  context: CliContext,
): Promise<HubFindings> {
  const from = settings.urlFrom === undefined ? '' : ` (from ${settings.urlFrom})`
  const bare = { ...settings, key: null }
  const start = context.clock.monotonic()
  let version: HubResponse
  try {
    version = await request(bare, 'GET', '/version')
  } catch {
    return { findings: [await absent(settings, config, from)], version: null }
  }
  const ms = context.clock.monotonic() - start
  const body = version.body as { version?: string } | null
  if (version.status !== 200 || typeof body?.version !== 'string') {
    const owner = portOwnerOf(settings.url)
    const who = owner === null ? 'another program' : shownProcess(owner)
    const finding = problem(
      'hub',
      `${settings.url}${from} answers, but is not a hub: ${who} has the port`,
      `Choose another port: llmhub serve --set port=${portOf(settings.url) + 1}`,
    )
    return { findings: [finding], version: null }
  }
  const findings = [
    ok('hub', `version ${body.version} answers at ${settings.url}${from} in ${ms.toFixed(0)} ms`),
    readyFinding(await request(bare, 'GET', '/ready')),
    clockFinding(version, context),
    await keyFinding(settings),
  ]
  if (settings.key !== null) findings.push(await eventFinding(settings, context))
  return { findings, version: body.version }
}

/** Nobody answers: either nobody listens, or somebody who is no hub. */
async function absent(settings: ClientSettings, config: Config, from: string): Promise<Finding> {
  const { host, port } = config
  const taken = isLocal(settings.url) ? await whyNotFree(host, port) : null
  if (taken === 'EADDRINUSE') {
    const owner = portOwner(port)
    const who = owner === null ? 'another program' : shownProcess(owner)
    const stop = owner === null ? '' : `; or end that one: kill ${owner.pid}`
    return problem(
      'hub',
      `${host}:${port} is taken by ${who}, which does not answer as a hub`,
      `llmhub serve --set port=${port + 1}${stop}`,
    )
  }
  if (taken !== null) {
    const needed = taken === 'EACCES' ? 'ports below 1024 need root' : taken
    return problem(
      'hub',
      `nobody can listen on ${host}:${port}: ${needed}`,
      'Choose another address: llmhub serve --set port=8080 --set host=127.0.0.1',
    )
  }
  return warning('hub', `none answers at ${settings.url}${from}`, 'Start one: llmhub serve')
}

function readyFinding({ status, text }: HubResponse): Finding {
  if (status === 200) return ok('ready', 'ready')
  const why = printable(text).slice(0, MOST_READY_TEXT)
  return problem(
    'ready',
    why,
    'Wait for the rebuild to finish; how far it is: curl $LLMHUB_URL/ready',
  )
}

function clockFinding(version: HubResponse, { clock }: CliContext): Finding {
  if (version.date === null) return ok('clock', 'the hub does not tell its time')
  const ahead = Math.round((version.date - clock.now()) / 1000)
  if (Math.abs(ahead) * 1000 <= CLOCK_TOLERANCE_MS) return ok('clock', 'agrees with the hub')
  const how = ahead > 0 ? 'behind' : 'ahead of'
  return problem(
    'clock',
    `this machine is ${Math.abs(ahead)} s ${how} the hub: events too far ahead are rejected`,
    'Set both clocks by NTP: timedatectl set-ntp true; timedatectl timesync-status',
  )
}

async function keyFinding(settings: ClientSettings): Promise<Finding> {
  const { key, keyFrom, url } = settings
  if (key === null) {
    return problem(
      'key',
      `there is no key for ${url}`,
      'llmhub login, or put it into LLMHUB_KEY; with the hub stopped a new one: llmhub keys reset',
    )
  }
  const shown = `${maskedKey(key)} from ${keyFrom ?? 'the command'}`
  const { status } = await request(settings, 'GET', '/api/v1/semantic')
  if (status === 200) return ok('key', `${shown} is accepted`)
  if (status === 403) return ok('key', `${shown} is valid, without query:read`)
  return problem(
    'key',
    `${shown} is refused with ${status}`,
    'llmhub login with a valid key; none left? With the hub stopped: llmhub keys reset',
  )
}

/** One event to and fro, validated and priced but not stored. */
async function eventFinding(settings: ClientSettings, { clock }: CliContext): Promise<Finding> {
  const event = {
    common: { event_id: `doctor-${clock.nowMicros()}`, timestamp: clock.now() / 1000 },
    payload: {
      type: 'llm_request',
      provider: 'openai',
      model_id: 'gpt-4o',
      usage: { input_tokens: 1000, output_tokens: 200 },
    },
  }
  const body = { content: JSON.stringify(event), type: 'application/json' }
  const start = clock.monotonic()
  const answer = await request(settings, 'POST', '/api/v1/events?dryRun=true', body)
  const ms = (clock.monotonic() - start).toFixed(1)
  if (answer.status === 403) return ok('event', 'not tried: the key lacks ingest:write')
  if (answer.status === 401) return ok('event', 'not tried: the key is refused')
  const { accepted } = (answer.body ?? {}) as { accepted?: number }
  if (answer.status === 200 && accepted === 1) {
    return ok('event', `a trial event is accepted in ${ms} ms (nothing was stored)`)
  }
  return problem(
    'event',
    `a trial event gets ${answer.status}: ${printable(answer.text).slice(0, MOST_READY_TEXT)}`,
    'See what the hub says: llmhub doctor --verbose, and its log',
  )
}

/** Whether other users of the machine could read the keys in the file of contexts. */
export function contextsFinding(file: string): Finding | null {
  try {
    const { mode } = statSync(file)
    const others = mode & 0o077
    if (others === 0 || process.platform === 'win32') return ok('contexts', file)
    return warning('contexts', `${file} can be read by other users`, `chmod 600 ${file}`)
  } catch {
    return null
  }
}

/** Process that listens where the URL points, or null where that cannot be told. */
export function localOwner(url: string): number | null {
  return portOwnerOf(url)?.pid ?? null
}

function portOwnerOf(url: string): ProcessName | null {
  return isLocal(url) ? portOwner(portOf(url)) : null
}

function isLocal(url: string): boolean {
  if (!URL.canParse(url)) return false
  const { hostname } = new URL(url)
  return hostname === 'localhost' || hostname === '[::1]' || hostname.startsWith('127.')
}

function portOf(url: string): number {
  const { port, protocol } = new URL(url)
  return port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port)
}
