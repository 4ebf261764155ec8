import type { Answer, Client, Failure, Given, OperationName, RequestOptions } from '@llmhub/client'
import { createClient, reasonOf } from '@llmhub/client'
import type { ClientSettings } from '../config/load.ts'
import { maskedKey } from './connection.ts'
import { CliError, EXIT } from './exit-codes.ts'

export interface Problem {
  readonly code?: string
  readonly title?: string
  readonly detail?: string
  readonly hint?: string
  readonly instance?: string
  readonly errors?: readonly {
    readonly path: string
    readonly message: string
    readonly hint?: string
  }[]
}

export interface HubResponse {
  readonly status: number
  readonly body: unknown
  readonly text: string
  readonly retryAfterSeconds: number | null
  /** Date header, epoch milliseconds. */
  readonly date: number | null
  readonly headers: Headers
  /** Who was asked. */
  readonly settings: ClientSettings
}

export interface RequestExtras {
  /** Project to ask about, for keys bound to none. Default: that of the settings. */
  readonly project?: string | undefined
  /** Ends the request, which then fails as interrupted. */
  readonly signal?: AbortSignal
}

interface Body {
  readonly content: string
  readonly type: string
}

/** Requests with their types: what is not a success is an error that says what to do. */
export interface Hub {
  /** The body of the successful answer. */
  call<Name extends OperationName>(name: Name, ...given: CallOptions<Name>): Promise<Answer<Name>>
  /** The same as it came, for commands that pass it on. */
  text<Name extends OperationName>(name: Name, ...given: CallOptions<Name>): Promise<string>
}

type CallOptions<Name extends OperationName> = Given<RequestOptions<Name>>

/**
 * The hub that a command talks to. Nothing is sent again by itself: a person who waits wants to know.
 * @throws CliError when it cannot be reached, or refuses
 */
export function hubAt(settings: ClientSettings, extras: RequestExtras = {}): Hub {
  const client = clientOf(settings, extras)
  return {
    async call(name, ...given) {
      const outcome = await client.request(name, ...given)
      if (outcome.ok) return outcome.data
      throw refused(outcome, settings, extras)
    },
    async text(name, ...given) {
      const outcome = await client.text(name, ...given)
      if (outcome.ok) return outcome.data
      throw refused(outcome, settings, extras)
    },
  }
}

function clientOf(settings: ClientSettings, { project = settings.project }: RequestExtras): Client {
  const { key, url } = settings
  try {
    return createClient({
      url,
      key,
      project,
      retries: 0,
      timeoutMs: 0,
      fetch: (input, init) => traced(settings, input as string, init ?? {}),
    })
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
    throw new CliError(
      `${url} is no URL: give one like http://127.0.0.1:8080 with --url or LLMHUB_URL`,
      EXIT.usage,
    )
  }
}

async function traced(settings: ClientSettings, url: string, init: RequestInit): Promise<Response> {
  const tell = settings.trace?.(init.method ?? 'GET', url)
  try {
    const response = await fetch(url, init)
    tell?.(response.status, response.headers.get('x-request-id'))
    return response
  } catch (error) {
    tell?.(null, null)
    throw error
  }
}

/**
 * Sends one request whose name only a string tells. Answers of any status come back; failing to reach
 * the hub is an error, and so is an abort of `signal`, with the exit code for an interruption.
 */
export async function request(
  settings: ClientSettings,
  method: string,
  path: string,
  body?: Body,
  extras: RequestExtras = {},
): Promise<HubResponse> {
  const outcome = await clientOf(settings, extras).send({
    method,
    path,
    idempotent: false,
    signal: extras.signal,
    ...(body === undefined ? {} : { body: body.content, type: body.type }),
  })
  if (outcome.ok) {
    const { data, headers, status } = outcome
    return hubResponse(status, headers, data.text, settings)
  }
  if (outcome.status === null) throw refused(outcome, settings, extras)
  return hubResponse(outcome.status, outcome.headers, outcome.text, settings)
}

/**
 * Like `request`, for an answer that may be large: its body as it comes. An answer that is not a
 * success is an error.
 */
export async function download(
  settings: ClientSettings,
  method: string,
  path: string,
  body?: Body,
  signal?: AbortSignal,
  headers: Readonly<Record<string, string>> = {},
): Promise<{ readonly headers: Headers; readonly chunks: AsyncIterable<Uint8Array> }> {
  const response = await reach(settings, method, path, body, signal, headers)
  if (response.status !== 200) {
    throw failed(hubResponse(response.status, response.headers, await response.text(), settings))
  }
  return { headers: response.headers, chunks: chunksOf(response, settings, signal) }
}

async function* chunksOf(
  { body }: Response,
  { url }: ClientSettings,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  if (body === null) return
  try {
    for await (const chunk of body) yield chunk
  } catch (error) {
    throw cutOff((error as Error).message, url, signal)
  }
}

async function reach(
  settings: ClientSettings,
  method: string,
  path: string,
  body: Body | undefined,
  signal: AbortSignal | undefined,
  own: Readonly<Record<string, string>>,
): Promise<Response> {
  const headers: Record<string, string> = { ...own }
  if (settings.project !== undefined) headers['x-llmhub-project'] = settings.project
  if (settings.key !== null) headers['authorization'] = `Bearer ${settings.key}`
  if (body !== undefined) headers['content-type'] = body.type
  const content = body === undefined ? {} : { body: body.content }
  const stop = signal === undefined ? {} : { signal }
  try {
    return await traced(settings, settings.url.replace(/\/+$/, '') + path, {
      method,
      // As the client does: a hub never redirects.
      redirect: 'manual',
      headers,
      ...content,
      ...stop,
    })
  } catch (error) {
    if (signal?.aborted === true) throw new CliError('', EXIT.interrupted)
    throw unreachable(settings, reasonOf(error))
  }
}

function unreachable(settings: ClientSettings, reason: string): CliError {
  const from = settings.urlFrom === undefined ? '' : ` (from ${settings.urlFrom})`
  const message = `cannot reach the hub at ${settings.url}${from}: ${reason}\nIs it running? Start it with: llmhub serve (in a clone: npm start), or name another with --url`
  return new CliError(message, EXIT.unreachable)
}

/** A failure of the client as the error that a command ends with. */
function refused(
  { headers, problem, status, text }: Failure,
  settings: ClientSettings,
  { signal }: RequestExtras,
): CliError {
  if (status !== null) return failed(hubResponse(status, headers, text, settings))
  if (signal?.aborted === true) return new CliError('', EXIT.interrupted)
  if (problem.code === 'cut_off') return cutOff(problem.detail, settings.url, signal)
  return unreachable(settings, problem.detail)
}

function hubResponse(
  status: number,
  headers: Headers,
  text: string,
  settings: ClientSettings,
): HubResponse {
  const retryAfter = Number(headers.get('retry-after') ?? Number.NaN)
  const date = Date.parse(headers.get('date') ?? '')
  const isJson = (headers.get('content-type') ?? '').includes('json')
  return {
    status,
    headers,
    text,
    body: isJson && text !== '' && !text.includes('\n{') ? (JSON.parse(text) as unknown) : null,
    retryAfterSeconds: Number.isFinite(retryAfter) ? retryAfter : null,
    date: Number.isFinite(date) ? date : null,
    settings,
  }
}

/** Why the body of an answer could not be read to its end. */
function cutOff(reason: string, url: string, signal: AbortSignal | undefined): CliError {
  if (signal?.aborted === true) return new CliError('', EXIT.interrupted)
  const message = `the hub at ${url} ended its answer before the end of it: ${reason}`
  return new CliError(message, EXIT.unreachable)
}

/** Turns an answer that is not a success into an error that says what to do. */
export function failed(response: HubResponse): CliError {
  const problem = (response.body ?? {}) as Problem
  const { title = `HTTP ${response.status}`, detail, hint, errors = [] } = problem
  // The detail of an answer with several errors is the first of them again, and a hint that sends
  // people to `errors` has nothing to add where they are listed.
  const lines = [errors.length > 0 || detail === undefined ? title : `${title}: ${detail}`]
  for (const { path, message, hint: own } of errors) {
    lines.push(`  ${path}: ${message}`, ...(own === undefined ? [] : [`    ${own}`]))
  }
  const location = response.headers.get('location')
  if (response.status >= 300 && response.status < 400 && location !== null) {
    lines.push(`It redirects to ${location}. Name the address of the hub itself with --url.`)
  }
  if (response.status === 401 || response.status === 403) lines.push(aboutKey(response))
  if (response.status === 401) lines.push(GIVE_KEY)
  else if (hint !== undefined && errors.length === 0) lines.push(hint)
  if (problem.instance !== undefined) lines.push(`(request ${problem.instance})`)
  return new CliError(lines.join('\n'), exitCodeOf(response.status))
}

const GIVE_KEY =
  'Put your key into LLMHUB_KEY, name a file that holds it in LLMHUB_KEY_FILE, or keep it with llmhub login.'

/** Which key was sent, and where it was found: people have several. */
function aboutKey({ status, settings: { url, key, keyFrom } }: HubResponse): string {
  if (key === null) return `No key was sent to ${url}.`
  const what = status === 401 ? 'was refused by' : 'may not do this at'
  return `The key ${maskedKey(key)} from ${keyFrom ?? 'the command'} ${what} ${url}.`
}

function exitCodeOf(status: number): number {
  if (status === 401 || status === 403) return EXIT.auth
  if (status === 404) return EXIT.notFound
  if (status === 409) return EXIT.conflict
  if (status === 400) return EXIT.usage
  return EXIT.failure
}
