/** What a request for a live stream watches, as its query string says it. */

import { nearestName } from '@llmhub/schema'
import type { ProjectScope } from '../core/scope.ts'
import { type LiveDefinition, type LiveUpdate, MOST_RESULTS, sizeOf } from '../live/live.ts'
import type { LiveSubscription } from '../live/sse-subscription.ts'
import { fieldNamed } from '../query/dimensions.ts'
import { measureNamed } from '../query/measures.ts'
import { parseFilterText } from '../query/where-text.ts'
import type { ProblemDetail } from './problems.ts'

export const SUBSCRIPTION_LIMITS = {
  subscriptions: 32,
  filters: 20,
  results: MOST_RESULTS,
} as const
export const DEFAULT_RESULTS = 1000

export type ParsedSubscriptions =
  | { readonly ok: true; readonly subscriptions: readonly LiveSubscription[] }
  | { readonly ok: false; readonly errors: readonly ProblemDetail[] }

/** The query string, as the route declares it. */
export interface SubscriptionQuery {
  readonly definition?: string
  readonly size?: string
  readonly limit?: string
  readonly subs?: string
}

/** One subscription, as `subs` has it. */
interface Asked {
  readonly id?: unknown
  readonly definition?: unknown
  readonly size?: unknown
  readonly where?: unknown
  readonly limit?: unknown
}

const MEMBERS = ['id', 'definition', 'size', 'where', 'limit'] as const
const ID = /^[\w./:-]{1,64}$/

/**
 * One subscription by `definition`, `size`, `where` and `limit`, or several by `subs`. Definitions are those
 * that may be seen within the scope.
 */
export function parseSubscriptions(
  query: SubscriptionQuery,
  wheres: readonly string[],
  scope: ProjectScope,
  definitions: readonly LiveDefinition[],
): ParsedSubscriptions {
  const errors: ProblemDetail[] = []
  const asked = askedOf(query, wheres, errors)
  const subscriptions: LiveSubscription[] = []
  for (const [path, each] of asked) {
    const subscription = subscriptionOf(each, path, scope, definitions, errors)
    if (subscription === null) continue
    if (subscriptions.some(({ id }) => id === subscription.id)) {
      const message = `"${subscription.id}" is there twice`
      errors.push({ path: `${path}id`, message, hint: 'Give each of them an `id` of its own.' })
    }
    subscriptions.push(subscription)
  }
  return errors.length > 0 ? { ok: false, errors } : { ok: true, subscriptions }
}

/** Each subscription with the beginning of the paths of its members. */
function askedOf(
  query: SubscriptionQuery,
  wheres: readonly string[],
  errors: ProblemDetail[],
): readonly (readonly [path: string, asked: Asked])[] {
  const { definition, limit, size, subs } = query
  if (subs === undefined) {
    const members = {
      ...(definition === undefined ? {} : { definition }),
      ...(size === undefined ? {} : { size }),
      ...(limit === undefined ? {} : { limit: Number(limit) }),
      ...(wheres.length === 0 ? {} : { where: wheres }),
    }
    return [['', members]]
  }
  const fail = (message: string): [] => {
    errors.push({
      path: 'subs',
      message,
      hint: 'For example [{"definition":"telemetry","size":"1m"}].',
    })
    return []
  }
  if ([definition, size, limit].some((each) => each !== undefined) || wheres.length > 0) {
    return fail(
      'goes without definition, size, where and limit: they are members of each subscription',
    )
  }
  let list: unknown
  try {
    list = JSON.parse(subs)
  } catch (error) {
    return fail(`is not valid JSON: ${(error as Error).message}`)
  }
  if (!Array.isArray(list) || list.length === 0)
    return fail('is a list of at least one subscription')
  if (list.length > SUBSCRIPTION_LIMITS.subscriptions) {
    return fail(`has more than ${SUBSCRIPTION_LIMITS.subscriptions} subscriptions`)
  }
  return list.map((each: unknown, at) => [
    `subs/${at}/`,
    typeof each === 'object' && each !== null ? each : {},
  ])
}

function subscriptionOf(
  asked: Asked,
  path: string,
  scope: ProjectScope,
  definitions: readonly LiveDefinition[],
  errors: ProblemDetail[],
): LiveSubscription | null {
  const before = errors.length
  const fail = (member: string, message: string, hint?: string): null => {
    errors.push({ path: path + member, message, ...(hint === undefined ? {} : { hint }) })
    return null
  }
  for (const name of Object.keys(asked)) {
    if ((MEMBERS as readonly string[]).includes(name)) continue
    fail(
      name.slice(0, 64),
      `is not known here; use ${MEMBERS.join(', ')}`,
      didYouMean(name, MEMBERS),
    )
  }
  const names = definitions.map(({ name }) => name)
  const definition = definitions.find(({ name }) => name === asked.definition)
  if (definition === undefined) {
    if (typeof asked.definition !== 'string') {
      return fail('definition', `names a definition: ${listed(names)}`)
    }
    const message = `there is no definition "${asked.definition.slice(0, 64)}"; there are ${listed(names)}`
    return fail('definition', message, didYouMean(asked.definition, names))
  }
  const sizes = definition.windows.map(sizeOf)
  const size = asked.size ?? sizes[0]
  if (typeof size !== 'string' || !sizes.includes(size)) {
    const message = `${definition.name} has no size ${shown(size)}; it has ${sizes.join(', ')}`
    return fail('size', message, typeof size === 'string' ? didYouMean(size, sizes) : undefined)
  }
  const limit = asked.limit ?? DEFAULT_RESULTS
  if (!isWhole(limit, SUBSCRIPTION_LIMITS.results)) {
    fail('limit', `is a whole number from 1 to ${SUBSCRIPTION_LIMITS.results}`)
  }
  const id = asked.id ?? `${definition.name}/${size}`
  if (typeof id !== 'string' || !(ID.test(id) || asked.id === undefined)) {
    fail('id', `has to match ${ID.source}`)
  }
  const filters = filtersOf(asked.where, definition, fail)
  if (errors.length > before || filters === null) return null
  return {
    id: id as string,
    definition: definition.name,
    size,
    by: definition.by,
    project: scope.project ?? definition.project,
    limit: limit as number,
    filter: filters.length === 0 ? null : (update) => filters.every((filter) => filter(update)),
    about: {
      measures: definition.measures.map((name) => ({ name, unit: measureNamed(name)?.unit ?? '' })),
    },
  }
}

type Filter = (update: LiveUpdate) => boolean

/** Filters on the dimensions of the definition: nothing else of an event is left in a result. */
function filtersOf(
  where: unknown,
  { by, name }: LiveDefinition,
  fail: (member: string, message: string, hint?: string) => null,
): readonly Filter[] | null {
  if (where === undefined || where === null) return []
  const list: unknown = Array.isArray(where) ? where : [where]
  const texts = list as readonly unknown[]
  if (texts.length > SUBSCRIPTION_LIMITS.filters) {
    return fail('where', `has more than ${SUBSCRIPTION_LIMITS.filters} filters`)
  }
  const filters = texts.map((text) => filterOf(text, by, name, fail))
  return filters.some((filter) => filter === null)
    ? null
    : filters.filter((filter) => filter !== null)
}

function filterOf(
  text: unknown,
  by: readonly string[],
  definition: string,
  fail: (member: string, message: string, hint?: string) => null,
): Filter | null {
  if (typeof text !== 'string')
    return fail('where', 'is a text such as model:gpt-4o, or a list of them')
  const parsed = parseFilterText(text)
  if (!parsed.ok) return fail('where', `${text.slice(0, 64)}: ${parsed.message}`)
  const { field, op, value } = parsed.filter
  const at = by.indexOf(fieldNamed(field)?.name ?? field)
  if (at < 0) {
    const message = `"${field.slice(0, 64)}" is no dimension of ${definition}, which has ${listed(by)}`
    const hint = 'Define a window of your own with a `where`: POST /api/v1/windows.'
    return fail('where', message, didYouMean(field, by) ?? hint)
  }
  const wanted = String(value)
  if (op === 'eq') return ({ key }) => key[at] === wanted
  if (op === 'ne') return ({ key }) => key[at] !== wanted
  if (op === 'contains') return ({ key }) => key[at]?.includes(wanted) === true
  return fail('where', `${text.slice(0, 64)}: live results are filtered with : = != and ~ alone`)
}

function isWhole(value: unknown, most: number): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 1 && (value as number) <= most
}

function shown(value: unknown): string {
  return typeof value === 'string' ? `"${value.slice(0, 64)}"` : JSON.stringify(value ?? null)
}

function listed(names: readonly string[]): string {
  return names.length === 0 ? 'none' : names.join(', ')
}

function didYouMean(name: string, known: readonly string[]): string | undefined {
  const nearest = nearestName(name, known)
  return nearest === null ? undefined : `Did you mean ${nearest}?`
}
