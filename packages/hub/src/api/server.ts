import { STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import { Readable } from 'node:stream'
import type {
  FastifyBaseLogger,
  FastifyError,
  FastifyInstance,
  FastifyReply,
  FastifyRequest,
} from 'fastify'
import { fastify, LogController } from 'fastify'
import type { Logger } from 'pino'
import type { Authenticator } from '../auth/authenticator.ts'
import type { Clock } from '../core/clock.ts'
import type { RequestRecord } from '../core/metrics.ts'
import { authorize } from './authorize.ts'
import { parseJsonBody } from './json-body.ts'
import { formOf } from './pages/negotiate.ts'
import { notFoundPage } from './pages/not-found-page.ts'
import type { Problem } from './problems.ts'
import { PROBLEM_MEDIA_TYPE, problem, problemDocument } from './problems.ts'
import { checkQuery } from './query-parameters.ts'
import type { Call, Reply, Route } from './route.ts'
import { checkRoutes, isProblem } from './route.ts'

/** Limits of the HTTP server. */
export interface ServerLimits {
  /** Time a client has for the headers of a request. Default 10 s. */
  readonly headersTimeoutMs: number
  /** Time a client has for a whole request, body included. Default 30 s. */
  readonly requestTimeoutMs: number
  /** How long an idle connection stays open. Default 65 s, above the usual 60 s of proxies. */
  readonly keepAliveTimeoutMs: number
  /** How often the two timeouts are checked. Default 1 s. */
  readonly checkIntervalMs: number
  /** Connections at once; more are refused. Default 4,096, fewer where descriptors are few. */
  readonly maxConnections: number
  /** Bytes of all headers of a request. Default 16 KiB. */
  readonly maxHeaderBytes: number
  /** Bytes of a JSON body that is not a batch of events. Default 1 MiB. */
  readonly maxJsonBytes: number
  /** Time that requests in flight get when the server closes. Default 10 s. */
  readonly closeDeadlineMs: number
}

export const DEFAULT_SERVER_LIMITS: ServerLimits = {
  headersTimeoutMs: 10_000,
  requestTimeoutMs: 30_000,
  keepAliveTimeoutMs: 65_000,
  checkIntervalMs: 1000,
  maxConnections: 4096,
  maxHeaderBytes: 16 * 1024,
  maxJsonBytes: 1024 * 1024,
  closeDeadlineMs: 10_000,
}

/** Descriptors that connections leave to the log, the store and the program itself. */
const RESERVED_DESCRIPTORS = 128
const LEAST_CONNECTIONS = 8

/**
 * Connections that a process with so many descriptors may take (null: no limit is known): all up to
 * the default but for a reserve, for a log that cannot open its next file has to stop.
 */
export function connectionsWithin(descriptors: number | null): number {
  const { maxConnections } = DEFAULT_SERVER_LIMITS
  if (descriptors === null) return maxConnections
  return Math.min(maxConnections, Math.max(LEAST_CONNECTIONS, descriptors - RESERVED_DESCRIPTORS))
}

export interface ServerOptions {
  readonly routes: readonly Route[]
  readonly clock: Clock
  readonly logger: Logger
  readonly authenticator: Authenticator
  readonly limits: ServerLimits
  /** Prefix of request ids, unique to this process. */
  readonly instance: string
  readonly observe: (record: RequestRecord) => void
}

export interface Server {
  /** What the router answers, as `METHOD /url`, without the HEAD twins of GET routes. */
  readonly registered: readonly string[]
  /** Listens; port 0 takes a free one. */
  listen(host: string, port: number): Promise<{ readonly host: string; readonly port: number }>
  /** Stops accepting, lets requests in flight finish within the deadline, then cuts them off. */
  close(): Promise<void>
}

/** Request ids of callers are taken over when they are harmless in a log line. */
const REQUEST_ID = /^[A-Za-z0-9._-]{8,64}$/

/** Characters of an id in a path, decoded: ids of events are what their senders make them. */
const MAX_PARAMETER = 2048

/** Turns the table of routes into an HTTP server. */
export async function createServer(options: ServerOptions): Promise<Server> {
  const { routes, limits, clock } = options
  const logger: FastifyBaseLogger = options.logger
  checkRoutes(routes)
  let requests = 0
  const nextId = (): string => {
    requests += 1
    return `${options.instance}-${requests.toString(36)}`
  }
  let closing = false
  const app = fastify({
    loggerInstance: logger,
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: (raw) => {
      const sent = raw.headers['x-request-id']
      if (typeof sent === 'string' && REQUEST_ID.test(sent)) return sent
      return nextId()
    },
    bodyLimit: limits.maxJsonBytes,
    requestTimeout: limits.requestTimeoutMs,
    keepAliveTimeout: limits.keepAliveTimeoutMs,
    http: {
      headersTimeout: limits.headersTimeoutMs,
      connectionsCheckingInterval: limits.checkIntervalMs,
      maxHeaderSize: limits.maxHeaderBytes,
      insecureHTTPParser: false,
      requireHostHeader: true,
    },
    routerOptions: { maxParamLength: MAX_PARAMETER },
    return503OnClosing: false,
    forceCloseConnections: 'idle',
    clientErrorHandler: (error, socket) => answerParserError(error, socket, nextId()),
    frameworkErrors: (error, request, reply: FastifyReply) => {
      const failure =
        error.code === 'FST_ERR_BAD_URL'
          ? problem('invalid_request', 'the URL is not valid')
          : problem('not_found', 'there is nothing at this address')
      void send(request, reply, failure)
    },
    ajv: {
      customOptions: {
        coerceTypes: false,
        removeAdditional: false,
        useDefaults: false,
        allowUnionTypes: true,
      },
    },
  })
  app.server.maxConnections = limits.maxConnections
  app.setErrorHandler((error: FastifyError, request, reply) =>
    send(request, reply, problemOf(error, request)),
  )
  const registered: string[] = []
  app.addHook('onRoute', ({ method, url }) => {
    if (method !== 'HEAD') registered.push(`${String(method)} ${url}`)
  })
  const allowed = allowedMethods(routes)
  app.setNotFoundHandler((request, reply) => {
    const path = request.url.split('?', 1)[0] ?? ''
    const methods = allowed(path)
    const isBrowser = methods.length === 0 && formOf(request.headers.accept, 'json') === 'html'
    if (isBrowser) return send(request, reply, notFoundPage(path))
    const failure =
      methods.length === 0
        ? problem('not_found', 'there is nothing at this address')
        : problem('method_not_allowed', `allowed: ${methods.join(', ')}`, {
            headers: { allow: methods.join(', ') },
          })
    return send(request, reply, failure)
  })
  app.addHook('onRequest', (request, reply, done) => {
    reply.header('x-request-id', request.id)
    reply.header('x-content-type-options', 'nosniff')
    done()
  })
  app.addHook('onSend', (_request, reply, payload, done) => {
    if (closing) reply.header('connection', 'close')
    done(null, payload)
  })
  app.addHook('onResponse', (request, reply, done) => {
    const route = request.routeOptions.url ?? 'unknown'
    const record = {
      method: request.method,
      route,
      status: reply.statusCode,
      seconds: reply.elapsedTime / 1000,
    }
    options.observe(record)
    const level = reply.statusCode >= 500 ? 'warn' : 'debug'
    const keyId = request.getDecorator<Call['principal']>('principal')?.keyId
    request.log[level]({ ...record, keyId }, 'request')
    done()
  })
  app.decorateRequest('principal', null)

  app.removeAllContentTypeParsers()
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, body, done) => {
    const parsed = parseJsonBody(body as Buffer)
    if (parsed.ok) done(null, parsed.value)
    else done(new BodyProblem(problem('invalid_json', parsed.message)))
  })
  await app.register((streams: FastifyInstance, _options, done) => {
    streams.removeAllContentTypeParsers()
    streams.addContentTypeParser('*', (_request, payload, parsed) => parsed(null, payload))
    for (const route of routes) if (route.body?.type === 'stream') mount(streams, route, options)
    done()
  })
  for (const route of routes) if (route.body?.type !== 'stream') mount(app, route, options)

  return {
    registered,
    async listen(host, port) {
      await app.listen({ host, port })
      const address = app.server.address()
      if (address === null || typeof address === 'string') throw new Error('no port was bound')
      return { host: address.address, port: address.port }
    },
    async close() {
      closing = true
      const cancel = clock.after(limits.closeDeadlineMs, () => app.server.closeAllConnections())
      await app.close()
      cancel()
    },
  }
}

function mount(app: FastifyInstance, route: Route, options: ServerOptions): void {
  app.route({
    method: route.method,
    url: route.url,
    ...(route.body?.type === 'json' && route.body.checked
      ? { schema: { body: route.body.schema } }
      : {}),
    onRequest: (request, reply, done) => {
      const access = authorize(route, request.headers, request.socket, options.authenticator)
      if ('problem' in access) {
        void send(request, reply, access)
        return
      }
      request.setDecorator('principal', access.principal)
      done()
    },
    handler: async (request, reply) => {
      const query = checkQuery(route.query, request.query as Readonly<Record<string, unknown>>)
      if ('problem' in query) return send(request, reply, query)
      const call: Call = {
        id: request.id,
        headers: request.headers,
        params: request.params as Readonly<Record<string, string>>,
        query: query.parameters,
        repeated: query.repeated,
        body: request.body,
        stream: request.raw,
        principal: request.getDecorator<Call['principal']>('principal'),
        signal: () => abortedWith(reply),
        authorize: () => {
          const access = authorize(route, request.headers, request.socket, options.authenticator)
          return 'problem' in access ? access : null
        },
      }
      return send(request, reply, await route.handle(call))
    },
  })
}

function send(request: FastifyRequest, reply: FastifyReply, answer: Reply | Problem): FastifyReply {
  if (isProblem(answer)) {
    const document = problemDocument(answer, request.id)
    return reply
      .code(Number(document['status']))
      .headers(answer.headers)
      .header('cache-control', 'no-store')
      .type(PROBLEM_MEDIA_TYPE)
      .send(JSON.stringify(document))
  }
  reply.code(answer.status)
  if (answer.headers?.['cache-control'] === undefined) reply.header('cache-control', 'no-store')
  if (answer.headers !== undefined) reply.headers(answer.headers)
  const { body } = answer
  if (body === undefined) return reply.send()
  reply.type(answer.mediaType ?? 'application/json; charset=utf-8')
  if (request.method === 'HEAD' && body instanceof Readable) {
    // Nobody reads it, and it may have no end.
    body.destroy()
    return reply.send()
  }
  const ready = typeof body === 'string' || body instanceof Uint8Array || body instanceof Readable
  return reply.send(ready ? body : JSON.stringify(body))
}

function abortedWith(reply: FastifyReply): AbortSignal {
  const controller = new AbortController()
  reply.raw.once('close', () => {
    if (!reply.raw.writableFinished) controller.abort()
  })
  return controller.signal
}

/** Carries a problem out of a content-type parser, where only errors get out. */
class BodyProblem extends Error {
  readonly failure: Problem

  constructor(failure: Problem) {
    super(failure.detail)
    this.failure = failure
  }
}

function problemOf(error: FastifyError, request: FastifyRequest): Problem {
  if (error instanceof BodyProblem) return error.failure
  if (error.validation !== undefined) {
    const errors = error.validation.map((issue) => ({
      path: issue.instancePath,
      message: `${issue.message ?? 'is not valid'}${namesIn(issue.params)}`,
    }))
    return problem('invalid_request', 'the body does not match its schema', { errors })
  }
  switch (error.code) {
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return problem('body_too_large', 'the body is larger than this route takes')
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
      return problem('unsupported_media_type', 'the body of this route is application/json')
    case 'FST_ERR_CTP_EMPTY_JSON_BODY':
    case 'FST_ERR_CTP_INVALID_CONTENT_LENGTH':
      return problem('invalid_json', 'the body is empty or not as long as declared')
    default:
  }
  request.log.error({ err: error }, 'request failed unexpectedly')
  return problem('internal', 'something went wrong in the hub')
}

function namesIn(parameters: Readonly<Record<string, unknown>>): string {
  const { additionalProperty: name, allowedValues: values } = parameters
  if (Array.isArray(values)) return `: ${values.join(', ')}`
  return typeof name === 'string' ? `: ${name}` : ''
}

/** Which methods the routes have for a path; empty when no route matches. */
function allowedMethods(routes: readonly Route[]): (path: string) => string[] {
  const patterns = routes.map((route) => ({
    method: route.method,
    pattern: new RegExp(`^${route.url.replace(/[.]/g, '\\.').replace(/:[a-z]+/gi, '[^/]+')}$`),
  }))
  return (path) => {
    const methods = patterns.filter(({ pattern }) => pattern.test(path)).map(({ method }) => method)
    return methods.includes('GET') ? [...methods, 'HEAD'] : methods
  }
}

/** What never became a request: bad syntax, headers too large, too slow. The connection is closed. */
function answerParserError(
  error: Error & { readonly code?: string },
  socket: Socket,
  requestId: string,
): void {
  if (!socket.writable || error.code === 'ECONNRESET') {
    socket.destroy()
    return
  }
  const document = problemDocument(parserProblem(error.code), requestId)
  const body = JSON.stringify(document)
  const status = Number(document['status'])
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nContent-Type: ${PROBLEM_MEDIA_TYPE}\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\nX-Request-Id: ${requestId}\r\n` +
      `Connection: close\r\n\r\n${body}`,
  )
}

function parserProblem(code = ''): Problem {
  switch (code) {
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return problem('request_timeout', 'the request did not end in time')
    case 'HPE_HEADER_OVERFLOW':
      return problem('headers_too_large', 'the headers are larger than this server takes')
    default:
      return problem('invalid_request', 'this is not HTTP')
  }
}
