import type { RequestErrorCode } from '@llmhub/schema'
import type { ProjectLimits } from '../../auth/project-limits.ts'
import type { Ask } from '../../core/ask.ts'
import type { Metrics } from '../../core/metrics.ts'
import { isPosition, isZone } from '../../query/parse-question.ts'
import type { InvoiceColumns } from '../../query/reconcile/invoice.ts'
import { INVOICE_FIELDS, INVOICE_LIMITS, parseInvoice } from '../../query/reconcile/invoice.ts'
import type { CanonicalModel } from '../../query/reconcile/reconcile.ts'
import { RECONCILE_SCHEMA, reconcile } from '../../query/reconcile/reconcile.ts'
import type { BodyBudget } from '../../receivers/http/body-budget.ts'
import type { ReceiverLimits } from '../../receivers/http/limits.ts'
import { CONTENT_ENCODINGS, readBody } from '../../receivers/http/read-body.ts'
import type { Problem } from '../problems.ts'
import { problem, retryAfter } from '../problems.ts'
import { PROJECT_HEADER, scopeToRead } from '../project-header.ts'
import type { Call, Reply, Route } from '../route.ts'
import { QUERY_PROBLEMS } from './query.ts'

export interface ReconcileRouteDependencies {
  readonly ask: Ask
  readonly canonicalModel: CanonicalModel
  readonly receiverLimits: ReceiverLimits
  readonly budget: BodyBudget
  readonly projectLimits: ProjectLimits
  readonly random: () => number
  readonly monotonic: () => number
  readonly metrics: Metrics
}

const MEDIA_TYPE = 'text/csv'

type Text = { readonly ok: true; readonly text: string } | Problem

/** `POST /api/v1/costs/reconcile`: an invoice, as CSV, against what the hub knows. */
export function reconcileRoutes(dependencies: ReconcileRouteDependencies): readonly Route[] {
  const { ask, budget, canonicalModel, metrics, monotonic, projectLimits, random, receiverLimits } =
    dependencies

  async function readText(call: Call): Promise<Text> {
    const type = (call.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase()
    const named = (call.headers['content-encoding'] ?? 'identity').trim().toLowerCase()
    const encoding = CONTENT_ENCODINGS.find((known) => known === named)
    if (type !== MEDIA_TYPE || encoding === undefined) {
      call.stream.resume()
      return problem(
        'unsupported_media_type',
        type === MEDIA_TYPE
          ? `Content-Encoding is one of ${CONTENT_ENCODINGS.join(', ')}`
          : `an invoice comes as ${MEDIA_TYPE}`,
      )
    }
    const length = call.headers['content-length']
    const declared = length === undefined ? null : Number(length)
    const body = await readBody(call.stream, encoding, declared, receiverLimits, budget)
    try {
      if (!body.ok) {
        const code: RequestErrorCode = body.code === 'aborted' ? 'invalid_request' : body.code
        return problem(code, body.message, retryAfter(code, random))
      }
      return { ok: true, text: new TextDecoder('utf-8', { fatal: true }).decode(body.bytes) }
    } catch (error) {
      if (!(error instanceof TypeError)) throw error
      return problem('invalid_encoding', 'the body is not UTF-8')
    } finally {
      budget.give(body.held)
    }
  }

  async function reconcileInvoice(call: Call): Promise<Reply | Problem> {
    const target = scopeToRead(call, projectLimits)
    const timezone = call.query['timezone'] ?? 'UTC'
    const after = call.query['after']
    const path = !isZone(timezone)
      ? 'timezone'
      : after !== undefined && !isPosition(after)
        ? 'after'
        : null
    if ('problem' in target || path !== null) {
      call.stream.resume()
      if ('problem' in target) return target
      const message =
        path === 'timezone'
          ? 'must be an IANA time zone like Europe/Berlin'
          : 'must be a position as an ingest answer gave it'
      return problem('invalid_request', `${path} ${message}`, {
        errors: [{ path: path ?? '', message }],
      })
    }
    const read = await readText(call)
    if ('problem' in read) return read
    const told: InvoiceColumns = Object.fromEntries(
      INVOICE_FIELDS.flatMap((field) => {
        const header = call.query[field]
        return header === undefined ? [] : [[field, header]]
      }),
    )
    const start = monotonic()
    const parsed = parseInvoice(read.text, told, timezone)
    if (!parsed.ok) {
      const [first] = parsed.issues
      const detail = first === undefined ? '' : `${first.path}: ${first.message}`
      return problem('invalid_request', detail, { errors: parsed.issues })
    }
    const request = {
      invoice: parsed.invoice,
      provider: call.query['provider'] ?? null,
      timezone,
      ...(after === undefined ? {} : { after }),
    }
    const outcome = await reconcile(request, canonicalModel, ask, target.scope, call.signal())
    const seconds = (monotonic() - start) / 1000
    const name = '/costs/reconcile'
    metrics.observeQuery({ name, outcome: outcome.ok ? 'ok' : outcome.code, seconds })
    if (outcome.ok) return { status: 200, body: outcome.body }
    const { code, issues, message } = outcome
    return problem(code, message, { errors: issues, ...retryAfter(code, random) })
  }

  return [
    {
      method: 'POST',
      url: '/api/v1/costs/reconcile',
      permission: 'query:read',
      summary: `Compare the invoice of a provider (CSV, at most ${INVOICE_LIMITS.lines} lines and ${INVOICE_LIMITS.days} days) by day and model`,
      tags: ['reports'],
      query: {
        checked: true,
        parameters: [
          {
            name: 'provider',
            doc: 'Whose invoice it is: only calls of this provider are compared. Default: as the export says, else all.',
            example: 'openai',
          },
          {
            name: 'timezone',
            doc: 'Zone of the days. Providers bill by days of UTC.',
            default: 'UTC',
            example: 'UTC',
          },
          ...INVOICE_FIELDS.map((name) => ({
            name,
            doc: `Header of the column that holds the ${name.replace('_', ' ')}, where it is not recognised.`,
            example: name,
          })),
          {
            name: 'after',
            doc: 'Position of an ingest answer: wait, at most 2 s, until the answer includes it.',
            example: '0:1',
          },
        ],
      },
      headers: {
        [PROJECT_HEADER]: 'Project to compare, for keys bound to none. Default: all.',
        'Content-Encoding': '`gzip` or `zstd`.',
      },
      body: { type: 'stream', content: { [MEDIA_TYPE]: { type: 'string' } } },
      responses: {
        200: {
          description: 'The invoice beside what the hub knows.',
          content: { 'application/json': RECONCILE_SCHEMA },
        },
      },
      problems: [
        'not_found',
        'invalid_request',
        'invalid_encoding',
        'unsupported_media_type',
        'body_too_large',
        'overloaded',
        ...QUERY_PROBLEMS,
      ],
      handle: reconcileInvoice,
    },
  ]
}
