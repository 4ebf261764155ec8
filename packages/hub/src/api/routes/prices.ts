import { parseTime } from '@llmhub/stream'
import type { ProjectLimits } from '../../auth/project-limits.ts'
import type { Control } from '../../control/control.ts'
import type { Clock } from '../../core/clock.ts'
import { formatPico } from '../../ingest/money.ts'
import type { OverrideJson, PriceBook } from '../../ingest/price-book.ts'
import type { OverrideIssue } from '../../ingest/price-override.ts'
import { listPrices, showPrice } from '../../ingest/price-view.ts'
import type { RepriceOutcome, RepriceReport, RepriceRequest } from '../../maintenance/reprice.ts'
import { MAINTENANCE_PROBLEMS, maintenanceProblem } from '../maintenance-problem.ts'
import type { Problem, ProblemDetail } from '../problems.ts'
import { problem } from '../problems.ts'
import { PROJECT_HEADER, scopeToRead } from '../project-header.ts'
import type { Call, Reply, Route } from '../route.ts'
import {
  OVERRIDES_BODY,
  OVERRIDES_SCHEMA,
  PRICE_LIST_SCHEMA,
  PRICE_SCHEMA,
  REPRICE_BODY,
  REPRICE_SCHEMA,
} from './price-schemas.ts'

/** Prices rows of a range again, as an act of maintenance. */
export type Reprice = (
  request: RepriceRequest,
  by: string | null,
  signal: AbortSignal,
) => Promise<RepriceOutcome>

export interface PriceRouteDependencies {
  readonly prices: PriceBook
  readonly reprice: Reprice
  readonly control: Control
  readonly clock: Clock
  readonly projectLimits: ProjectLimits
  readonly random: () => number
}

/** So many changes of the overrides are told. */
const HISTORY = 20
const LIST_LIMIT = 5000
/** In a path, the provider of calls that name none. */
const NO_PROVIDER = '-'

/** `/api/v1/prices`: what things cost, the user's own prices, and pricing again. */
export function priceRoutes(dependencies: PriceRouteDependencies): readonly Route[] {
  const { clock, control, prices, projectLimits, random, reprice } = dependencies

  /** A time of a request, or what is wrong with it. */
  function instant(value: unknown, path: string): number | ProblemDetail {
    if (typeof value !== 'string' && typeof value !== 'number') {
      return { path, message: 'is a time as text or number' }
    }
    const time = parseTime(value, clock.nowMicros(), 'UTC')
    return time.ok ? time.micros : { path, message: time.message }
  }

  function list(call: Call): Reply | Problem {
    const { provider, model, tier, at: asked = 'now', limit: most = '100' } = call.query
    const at = instant(asked, 'at')
    const limit = Number(most)
    const errors: ProblemDetail[] = typeof at === 'number' ? [] : [at]
    if (!Number.isSafeInteger(limit) || limit < 1 || limit > LIST_LIMIT) {
      errors.push({ path: 'limit', message: `is a whole number from 1 to ${LIST_LIMIT}` })
    }
    if (typeof at !== 'number' || errors.length > 0) {
      return problem('invalid_request', 'the query string is not valid', { errors })
    }
    const found = listPrices(prices, {
      provider: provider ?? null,
      model: model ?? null,
      tier: tier ?? null,
      at,
    })
    return {
      status: 200,
      body: {
        version: prices.table.version,
        at: new Date(at / 1000).toISOString(),
        total: found.length,
        prices: found.slice(0, limit),
      },
    }
  }

  function show(call: Call): Reply | Problem {
    const at = instant(call.query['at'] ?? 'now', 'at')
    if (typeof at !== 'number') {
      return problem('invalid_request', 'the query string is not valid', { errors: [at] })
    }
    const named = call.params['provider'] ?? ''
    const provider = named === NO_PROVIDER ? null : named
    const model = call.params['model'] ?? ''
    const view = showPrice(prices, provider, model, at)
    if (typeof view !== 'string') return { status: 200, body: view }
    return problem('not_found', `no price: ${view}`, {
      errors: [{ path: 'model', message: view, hint: WHY_NOT[view] }],
    })
  }

  function overridesDocument(): Record<string, unknown> {
    const history = control.priceOverrides(HISTORY)
    const [newest] = history
    return {
      version: prices.overrides().version,
      at: newest === undefined ? null : new Date(newest.at).toISOString(),
      by: newest?.by ?? null,
      overrides: newest === undefined ? {} : (JSON.parse(newest.json) as OverrideJson),
      configured: prices.file,
      notes: prices.overrides().notes,
      history: history.map(({ version, at, by, json }) => ({
        version,
        at: new Date(at).toISOString(),
        by,
        models: Object.keys(JSON.parse(json) as OverrideJson).length,
      })),
    }
  }

  function replaceOverrides(call: Call, next: OverrideJson): Reply | Problem {
    if (call.principal === null || call.principal.project !== null) {
      return problem('forbidden', 'prices are the same for all projects: this needs a key of none')
    }
    const preview = prices.preview(next)
    // What the file holds was checked at the start, so that every issue is one of the body.
    if (preview.issues.length > 0) {
      return problem('invalid_request', 'some prices cannot be used', {
        errors: preview.issues.slice(0, 100).map((issue: OverrideIssue) => ({ ...issue })),
      })
    }
    const { version } = preview
    // Durable before it prices anything: what rows name as their version can always be looked up.
    control.putPriceOverrides({
      version,
      at: clock.now(),
      by: call.principal.keyId,
      json: JSON.stringify(next),
    })
    prices.replace(next)
    return { status: 200, body: overridesDocument() }
  }

  async function repriceRange(call: Call): Promise<Reply | Problem> {
    const target = scopeToRead(call, projectLimits)
    if ('problem' in target) return target
    const body = call.body as RepriceBody
    const from = instant(body.from, '/from')
    const to = instant(body.to, '/to')
    if (typeof from !== 'number' || typeof to !== 'number') {
      const errors = [from, to].filter((each) => typeof each !== 'number')
      return problem('invalid_request', 'the range is not valid', { errors })
    }
    if (from > to) {
      const errors = [{ path: '/from', message: 'lies after `to`' }]
      return problem('invalid_request', 'the range is not valid', { errors })
    }
    const { dry_run: dryRun = false } = body
    const outcome = await reprice(
      {
        project: target.scope.project,
        from,
        to,
        model: body.model ?? null,
        provider: body.provider ?? null,
        onlyUnpriced: body.only_unpriced ?? false,
        dryRun,
      },
      call.principal?.keyId ?? null,
      call.signal(),
    )
    if (outcome.ok) {
      return { status: 200, body: { dry_run: dryRun, ...reportOf(outcome.report) } }
    }
    return maintenanceProblem(outcome.failure, outcome.message, random)
  }

  const at = {
    name: 'at',
    doc: 'The time whose prices are meant: now, now-7d, ISO 8601, epoch.',
    default: 'now',
    example: '2026-11-01',
  }
  const overridesResponse = {
    200: {
      description: 'The overrides set at run time, and the version of all in force.',
      content: { 'application/json': OVERRIDES_SCHEMA },
    },
  }
  return [
    {
      method: 'GET',
      url: '/api/v1/prices',
      permission: 'query:read',
      summary: 'List the prices of models at a time',
      tags: ['prices'],
      query: {
        checked: true,
        parameters: [
          { name: 'provider', doc: 'Exact name of a provider.', example: 'openai' },
          { name: 'model', doc: 'Part of a model id.', example: 'gpt-4o' },
          { name: 'tier', doc: 'Service tier.', default: 'standard', example: 'batch' },
          at,
          { name: 'limit', doc: 'Most models to list.', default: '100', example: '10' },
        ],
      },
      responses: {
        200: {
          description: 'Dollars by unit; the overrides first.',
          content: { 'application/json': PRICE_LIST_SCHEMA },
        },
      },
      problems: ['invalid_request'],
      handle: list,
    },
    {
      method: 'GET',
      url: '/api/v1/prices/:provider/:model',
      permission: 'query:read',
      summary:
        'Show which price applies to a model, why, and what is scheduled; provider - for none',
      tags: ['prices'],
      params: { provider: 'Provider, or `-` for none.', model: 'Model, as events name it.' },
      query: { checked: true, parameters: [at] },
      responses: {
        200: {
          description: 'Every price of the model by service tier.',
          content: { 'application/json': PRICE_SCHEMA },
        },
      },
      problems: ['invalid_request', 'not_found'],
      handle: show,
    },
    {
      method: 'GET',
      url: '/api/v1/prices/overrides',
      permission: 'query:read',
      summary: 'Show your own prices and their history',
      tags: ['prices'],
      responses: overridesResponse,
      problems: [],
      handle: () => ({ status: 200, body: overridesDocument() }),
    },
    {
      method: 'PUT',
      url: '/api/v1/prices/overrides',
      permission: 'admin',
      summary: 'Replace your own prices; they apply to events from then on',
      tags: ['prices'],
      body: { type: 'json', checked: true, schema: OVERRIDES_BODY },
      responses: overridesResponse,
      problems: ['invalid_request', 'invalid_json', 'unsupported_media_type', 'body_too_large'],
      handle: (call) => replaceOverrides(call, call.body as OverrideJson),
    },
    {
      method: 'DELETE',
      url: '/api/v1/prices/overrides',
      permission: 'admin',
      summary: 'Remove your own prices; those of the configured file stay',
      tags: ['prices'],
      responses: overridesResponse,
      problems: [],
      handle: (call) => replaceOverrides(call, {}),
    },
    {
      method: 'POST',
      url: '/api/v1/prices/reprice',
      permission: 'admin',
      summary: 'Price events of a range again with the prices of today, at the time of each event',
      tags: ['prices'],
      headers: {
        [PROJECT_HEADER]: 'Project to price again, for keys bound to none. Default: all.',
      },
      body: { type: 'json', checked: true, schema: REPRICE_BODY },
      responses: {
        200: {
          description: 'What changed, or would with `dry_run`. Costs are dollars as text, exact.',
          content: { 'application/json': REPRICE_SCHEMA },
        },
      },
      problems: [
        'invalid_request',
        'invalid_json',
        'unsupported_media_type',
        'body_too_large',
        'not_found',
        ...MAINTENANCE_PROBLEMS,
      ],
      handle: repriceRange,
    },
  ]
}

interface RepriceBody {
  readonly from: string | number
  readonly to: string | number
  readonly model?: string | null
  readonly provider?: string | null
  readonly only_unpriced?: boolean
  readonly dry_run?: boolean
}

const WHY_NOT = {
  unknown_provider: 'Use the name of a platform from GET /api/v1/prices, or set an override.',
  unknown_model: 'The platform lists no such model: set an override for it.',
  unusable_price: 'The listed price cannot be read: set an override for it.',
} as const

const dollars = (amount: bigint | null): string | null =>
  amount === null ? null : formatPico(amount)

function reportOf(report: RepriceReport): Record<string, unknown> {
  return {
    applied: report.applied,
    price_version: report.priceVersion,
    seen: report.seen,
    changed: report.changed,
    priced_before: report.pricedBefore,
    priced_after: report.pricedAfter,
    cost_before: dollars(report.before),
    cost_after: dollars(report.after),
    operations: report.operations,
    models: report.models.map(({ before, after, ...rest }) => ({
      ...rest,
      cost_before: dollars(before),
      cost_after: dollars(after),
    })),
    top: report.top.map((row) => ({
      event_id: row.eventId,
      project: row.project,
      time: new Date(row.time / 1000).toISOString(),
      provider: row.provider,
      model: row.model,
      cost_before: dollars(row.before),
      cost_after: dollars(row.after),
      rule_before: row.ruleBefore,
      rule_after: row.ruleAfter,
    })),
  }
}
