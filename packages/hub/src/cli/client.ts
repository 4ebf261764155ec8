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
  readonly headers: Headers
  readonly retryAfterSeconds: number | null
  /** Date header, epoch milliseconds. */
  readonly date: number | null
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

/**
 * Sends one request to a running hub. Answers of any status come back; failing to reach it is an error,
 * and so is an abort of `signal`, with the exit code for an interruption.
 */
export async function request(
  settings: ClientSettings,
  method: string,
  path: string,
  body?: Body,
  extras: RequestExtras = {},
): Promise<HubResponse> {
  return wholeResponse(await reach(settings, method, path, body, extras), settings, extras.signal)
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
): Promise<{ readonly headers: Headers; readonly chunks: AsyncIterable<Uint8Array> }> {
  const response = await reach(settings, method, path, body, signal === undefined ? {} : { signal })
  if (response.status !== 200) throw failed(await wholeResponse(response, settings))
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
    throw cutOff(error, url, signal)
  }
}

async function reach(
  settings: ClientSettings,
  method: string,
  path: string,
  body: Body | undefined,
  { project = settings.project, signal }: RequestExtras,
): Promise<Response> {
  const headers: Record<string, string> = {}
  if (project !== undefined) headers['x-llmhub-project'] = project
  if (settings.key !== null) headers['authorization'] = `Bearer ${settings.key}`
  if (body !== undefined) headers['content-type'] = body.type
  if (!URL.canParse(path, settings.url)) {
    throw new CliError(
      `${settings.url} is no URL: give one like http://127.0.0.1:8080 with --url or LLMHUB_URL`,
      EXIT.usage,
    )
  }
  const url = new URL(path, settings.url)
  const tell = settings.trace?.(method, url.href)
  try {
    const content = body === undefined ? {} : { body: body.content }
    const stop = signal === undefined ? {} : { signal }
    const response = await fetch(url, { method, headers, ...content, ...stop })
    tell?.(response.status, response.headers.get('x-request-id'))
    return response
  } catch (error) {
    tell?.(null, null)
    if (signal?.aborted === true) throw new CliError('', EXIT.interrupted)
    const cause = (error as Error).cause
    const reason = cause instanceof Error ? cause.message : (error as Error).message
    const from = settings.urlFrom === undefined ? '' : ` (from ${settings.urlFrom})`
    const message = `cannot reach the hub at ${settings.url}${from}: ${reason}\nIs it running? Start it with: llmhub serve (in a clone: npm start), or name another with --url`
    throw new CliError(message, EXIT.unreachable)
  }
}

async function wholeResponse(
  response: Response,
  settings: ClientSettings,
  signal?: AbortSignal,
): Promise<HubResponse> {
  const text = await bodyOf(response, settings, signal)
  const retryAfter = Number(response.headers.get('retry-after') ?? Number.NaN)
  const date = Date.parse(response.headers.get('date') ?? '')
  const isJson = (response.headers.get('content-type') ?? '').includes('json')
  return {
    status: response.status,
    headers: response.headers,
    text,
    body: isJson && text !== '' && !text.includes('\n{') ? (JSON.parse(text) as unknown) : null,
    retryAfterSeconds: Number.isFinite(retryAfter) ? retryAfter : null,
    date: Number.isFinite(date) ? date : null,
    settings,
  }
}

async function bodyOf(
  response: Response,
  { url }: ClientSettings,
  signal: AbortSignal | undefined,
): Promise<string> {
  try {
    return await response.text()
  } catch (error) {
    throw cutOff(error, url, signal)
  }
}

/** Why the body of an answer could not be read to its end. */
function cutOff(error: unknown, url: string, signal: AbortSignal | undefined): CliError {
  if (signal?.aborted === true) return new CliError('', EXIT.interrupted)
  const message = `the hub at ${url} ended its answer before the end of it: ${(error as Error).message}`
  return new CliError(message, EXIT.unreachable)
}

/** Turns an answer that is not a success into an error that says what to do. */
export function failed(response: HubResponse): CliError {
  const problem = (response.body ?? {}) as Problem
  const { title = `HTTP ${response.status}`, detail, hint, errors = [] } = problem
  // The detail of an answer with several errors is the first of them again, and a hint that sends
  // people to `errors` has nothing to add where they are listed.
  const lines = [errors.length > 0 || detail === undefined ? title : `${title}: ${detail}`]
  for (const { path, message, hint: mend } of errors) {
    lines.push(`  ${path}: ${message}`)
    if (mend !== undefined) lines.push(`    ${mend}`)
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
