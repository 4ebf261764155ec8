import type { IncomingHttpHeaders } from 'node:http'
import type { Readable } from 'node:stream'
import type { RequestErrorCode } from '@llmhub/schema'
import type { Principal } from '../auth/principal.ts'
import type { Permission } from '../control/control.ts'
import type { Problem } from './problems.ts'

/** A JSON Schema (2020-12). */
export type JsonSchema = Readonly<Record<string, unknown>>

/**
 * Who may call a route: everybody; keys with a permission; or, for what an operator's tools on the
 * same machine read, keys with a permission and callers from loopback without a key.
 */
export type RoutePermission =
  | 'public'
  | Permission
  | { readonly permission: Permission; readonly exceptLoopback: true }

export interface QueryParameter {
  readonly name: string
  readonly doc: string
  /** The only values allowed. */
  readonly values?: readonly string[]
  readonly default?: string
  readonly example?: string
  /** May be given several times: its values are in `Call.repeated` then, not in `Call.query`. */
  readonly repeats?: true
}

export interface RouteQuery {
  readonly parameters: readonly QueryParameter[]
  /** Whether parameters are checked before the handler runs; otherwise the handler does. */
  readonly checked: boolean
}

export type RouteBody =
  | {
      readonly type: 'json'
      readonly schema: JsonSchema
      /** Whether a request may come without a body. */
      readonly optional?: true
      /** Whether the body is checked against the schema before the handler runs. */
      readonly checked: boolean
    }
  /** The handler reads the stream itself. */
  | { readonly type: 'stream'; readonly content: Readonly<Record<string, JsonSchema>> }

export interface RouteResponse {
  readonly description: string
  /** Schema of the body by media type; text formats have `{ type: 'string' }`. */
  readonly content: Readonly<Record<string, JsonSchema>>
}

export interface Call {
  readonly id: string
  readonly headers: IncomingHttpHeaders
  readonly params: Readonly<Record<string, string>>
  readonly query: Readonly<Record<string, string>>
  /** Values of the parameters that may be given several times. */
  readonly repeated: Readonly<Record<string, readonly string[]>>
  /** The parsed body of a `json` route. */
  readonly body: unknown
  /** The body of a `stream` route. */
  readonly stream: Readable
  /** Who calls; null on public routes and for loopback callers without a key. */
  readonly principal: Principal | null
  /** Aborted when the caller goes away before the answer. */
  signal(): AbortSignal
  /** Whether the caller may still do this, decided anew, for answers that go on: null, or why not. */
  authorize(): Problem | null
}

export interface Reply {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  /** Default `application/json`. */
  readonly mediaType?: string
  /** Text, bytes and streams of them are sent as they are, anything else as JSON; absent for an empty body. */
  readonly body?: unknown
}

/** A route is data; the server, the OpenAPI document and the tests all read the same table. */
export interface Route {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  /** Path with `:name` for parameters. */
  readonly url: string
  readonly permission: RoutePermission
  readonly summary: string
  /** What the summary leaves open, in Markdown. Default: what its answer is. */
  readonly description?: string
  /** Name in generated clients. Default: made of method and path. */
  readonly operationId?: string
  readonly tags: readonly string[]
  /** Docs of the path's parameters. */
  readonly params?: Readonly<Record<string, string>>
  readonly query?: RouteQuery
  /** Names and docs of request headers, beyond Authorization. */
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: RouteBody
  readonly responses: Readonly<Record<number, RouteResponse>>
  /** Errors it may answer, beyond those every route may. */
  readonly problems: readonly RequestErrorCode[]
  handle(call: Call): Reply | Problem | Promise<Reply | Problem>
}

/** Throws when a route declares no permission, or two routes are the same: both are bugs. */
export function checkRoutes(routes: readonly Route[]): void {
  const seen = new Set<string>()
  for (const route of routes) {
    const name = `${route.method} ${route.url}`
    if ((route.permission as unknown) === undefined) {
      throw new TypeError(`route ${name} declares no permission`)
    }
    if (seen.has(name)) throw new TypeError(`route ${name} is declared twice`)
    seen.add(name)
  }
}

export function isProblem(reply: Reply | Problem): reply is Problem {
  return 'problem' in reply
}
