import type { Operations } from './generated/operations.ts'
import type { Outcome } from './outcome.ts'
import { localFailure } from './outcome.ts'
import type { ClientOptions, Send, TextAnswer, Wire } from './transport.ts'
import { createTransport } from './transport.ts'

export type OperationName = keyof Operations

/** The body of the successful answer of an operation. */
export type Answer<Name extends OperationName> = Operations[Name]['answer']

/** Optional as a whole where all of its members are. */
type Part<Key extends string, Value> = [Value] extends [never]
  ? { readonly [K in Key]?: never }
  : {} extends Value
    ? { readonly [K in Key]?: Value }
    : undefined extends Value
      ? { readonly [K in Key]?: Value }
      : { readonly [K in Key]: Value }

export type RequestOptions<Name extends OperationName> = Part<
  'params',
  Operations[Name]['params']
> &
  Part<'query', Operations[Name]['query']> &
  Part<'headers', Operations[Name]['headers']> &
  Part<'body', Operations[Name]['body']> & {
    /** Media type of a body that is a text or bytes. */
    readonly type?: string
    readonly signal?: AbortSignal
    /** Whether it may be sent again after no answer. Default: for GET, PUT and DELETE. */
    readonly idempotent?: boolean
  }

/** The options may be left out where none is required. */
export type Given<Options> = {} extends Options ? [options?: Options] : [options: Options]

export interface Client {
  /** One request. Failures are values; a JSON body is parsed, any other is a text. */
  request<Name extends OperationName>(
    name: Name,
    ...given: Given<RequestOptions<Name>>
  ): Promise<Outcome<Answer<Name>>>
  /** One request whose answer is wanted as it comes: CSV, NDJSON, metrics. */
  text<Name extends OperationName>(
    name: Name,
    ...given: Given<RequestOptions<Name>>
  ): Promise<Outcome<string>>
  /** A request that the types do not know, such as one of a newer hub. */
  readonly send: Send
}

/** What `request` was given, once its types have done their work. */
interface Loose {
  readonly params?: Readonly<Record<string, string>>
  readonly query?: Readonly<Record<string, string | readonly string[] | undefined>>
  readonly headers?: Readonly<Record<string, string | undefined>>
  readonly body?: unknown
  readonly type?: string
  readonly signal?: AbortSignal
  readonly idempotent?: boolean
}

/** A client of one hub. Throws a `TypeError` for an address that is none. */
export function createClient(options: ClientOptions): Client {
  const send = createTransport(options)

  return {
    send,
    async request<Name extends OperationName>(
      name: Name,
      ...given: Given<RequestOptions<Name>>
    ): Promise<Outcome<Answer<Name>>> {
      const outcome = await send(wireOf(name, (given[0] ?? {}) as Loose))
      return outcome.ok ? parseAnswer<Answer<Name>>(outcome) : outcome
    },
    async text<Name extends OperationName>(
      name: Name,
      ...given: Given<RequestOptions<Name>>
    ): Promise<Outcome<string>> {
      const outcome = await send(wireOf(name, (given[0] ?? {}) as Loose))
      return outcome.ok ? { ...outcome, data: outcome.data.text } : outcome
    },
  }
}

function parseAnswer<Data>(outcome: Outcome<TextAnswer> & { readonly ok: true }): Outcome<Data> {
  const { text, media } = outcome.data
  if (text === '') return { ...outcome, data: undefined as Data }
  if (!/[/+]json$/.test(media)) return { ...outcome, data: text as Data }
  try {
    return { ...outcome, data: JSON.parse(text) as Data }
  } catch (error) {
    const { headers, status } = outcome
    return localFailure('not_a_hub', 'the answer is not JSON', { headers, status, text }, error)
  }
}

/** `GET /api/v1/keys/{id}` and its options as a request. */
function wireOf(name: string, options: Loose): Wire {
  const [method = 'GET', template = '/'] = name.split(' ')
  const { params = {}, body, signal } = options
  const path = template.replace(/\{(\w+)\}/g, (_, param: string) =>
    encodeURIComponent(params[param] ?? ''),
  )
  const query = new URLSearchParams(entriesOf(options.query)).toString()
  const isRaw = typeof body === 'string' || body instanceof Uint8Array
  return {
    method,
    path: query === '' ? path : `${path}?${query}`,
    headers: Object.fromEntries(entriesOf(options.headers)),
    idempotent: options.idempotent ?? method !== 'POST',
    ...(signal === undefined ? {} : { signal }),
    ...(body === undefined
      ? {}
      : {
          body: isRaw ? (body as string | Uint8Array<ArrayBuffer>) : JSON.stringify(body),
          type: options.type ?? (isRaw ? 'text/plain' : 'application/json'),
        }),
  }
}

/** Names and values without those that are not given; a list is its name several times. */
function entriesOf(values: Loose['query'] = {}): [string, string][] {
  return Object.entries(values).flatMap(([name, value]) => {
    const given = value === undefined ? [] : typeof value === 'string' ? [value] : value
    return given.map((each): [string, string] => [name, each])
  })
}
