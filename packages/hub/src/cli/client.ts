import type { ClientSettings } from '../config/load.ts'
import { CliError, EXIT } from './exit-codes.ts'

export interface Problem {
  readonly code?: string
  readonly title?: string
  readonly detail?: string
  readonly hint?: string
  readonly instance?: string
  readonly errors?: readonly { readonly path: string; readonly message: string }[]
}

export interface HubResponse {
  readonly status: number
  readonly body: unknown
  readonly text: string
  readonly headers: Headers
  readonly retryAfterSeconds: number | null
  /** Date header, epoch milliseconds. */
  readonly date: number | null
}

/**
 * Sends one request to a running hub. Answers of any status come back; failing to reach it is an error,
 * and so is an abort of `signal`, with the exit code for an interruption.
 */
export async function request(
  settings: ClientSettings,
  method: string,
  path: string,
  body?: { readonly content: string; readonly type: string },
  signal?: AbortSignal,
): Promise<HubResponse> {
  const headers: Record<string, string> = {}
  if (settings.key !== null) headers['authorization'] = `Bearer ${settings.key}`
  if (body !== undefined) headers['content-type'] = body.type
  if (!URL.canParse(path, settings.url)) {
    throw new CliError(
      `${settings.url} is no URL: give one like http://127.0.0.1:8080 with --url or LLMHUB_URL`,
      EXIT.usage,
    )
  }
  let response: Response
  try {
    const content = body === undefined ? {} : { body: body.content }
    response = await fetch(new URL(path, settings.url), {
      method,
      headers,
      ...content,
      ...(signal === undefined ? {} : { signal }),
    })
  } catch (error) {
    if (signal?.aborted) throw new CliError('', EXIT.interrupted)
    const cause = (error as Error).cause
    const reason = cause instanceof Error ? cause.message : (error as Error).message
    const message = `cannot reach the hub at ${settings.url}: ${reason}\nIs it running? Start it with: llmhub serve (in a clone: npm start), or name another with --url`
    throw new CliError(message, EXIT.unreachable)
  }
  const text = await bodyOf(response, signal)
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
  }
}

async function bodyOf(response: Response, signal: AbortSignal | undefined): Promise<string> {
  try {
    return await response.text()
  } catch (error) {
    if (signal?.aborted) throw new CliError('', EXIT.interrupted)
    throw error
  }
}

/** Turns an answer that is not a success into an error that says what to do. */
export function failed(response: HubResponse): CliError {
  const problem = (response.body ?? {}) as Problem
  const { title = `HTTP ${response.status}`, detail, hint, errors = [] } = problem
  // The detail of an answer with several errors is the first of them again, and a hint that sends
  // people to `errors` has nothing to add where they are listed.
  const lines = [errors.length > 0 || detail === undefined ? title : `${title}: ${detail}`]
  for (const { path, message } of errors) lines.push(`  ${path}: ${message}`)
  if (response.status === 401)
    lines.push('Put your key into LLMHUB_KEY, or name a file that holds it in LLMHUB_KEY_FILE.')
  else if (hint !== undefined && errors.length === 0) lines.push(hint)
  if (problem.instance !== undefined) lines.push(`(request ${problem.instance})`)
  return new CliError(lines.join('\n'), exitCodeOf(response.status))
}

function exitCodeOf(status: number): number {
  if (status === 401 || status === 403) return EXIT.auth
  if (status === 404) return EXIT.notFound
  if (status === 409) return EXIT.conflict
  if (status === 400) return EXIT.usage
  return EXIT.failure
}
