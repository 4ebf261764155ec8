import { bucketOf, bucketsOf, type Figure, figures, iso } from './expected.ts'
import { type Asked, type Expected, keyOf, selected } from './expected-reports.ts'
import type { Happening } from './traces.ts'

/** Questions with what their rows must be, computed from the traces alone. */

type Cell = string | boolean | null | Expected

export interface Comparison {
  readonly question: Readonly<Record<string, unknown>>
  readonly rows: readonly (readonly Cell[])[]
  readonly ordered: boolean
}

export interface Query extends Asked {
  readonly measures: readonly string[]
  readonly by?: readonly string[]
  /** The kinds that the measures read. */
  readonly kinds: readonly Happening['kind'][]
  /** The n groups with the greatest cost, the rest as one. */
  readonly top?: number
  readonly zero?: boolean
}

const isOf = (kinds: readonly string[]) => (row: Happening) => kinds.includes(row.kind)
const secondsOf = ({ from, to }: Asked): number => (to - from) / 1_000_000
const cells = (measures: readonly string[], values: Record<string, Figure>): Expected[] =>
  measures.map((measure) => ({ measure, figure: values[measure] ?? null }))

function questionOf(query: Query): Record<string, unknown> {
  const { step, zone, model, provider, user } = query
  const given = Object.entries({ model, provider, user })
  return {
    kind: step === undefined ? 'table' : 'series',
    measures: query.measures,
    by: [...(step === undefined ? [] : [`time:${step}`]), ...(query.by ?? [])],
    filters: given.flatMap(([field, value]) =>
      value === undefined ? [] : [{ field, op: 'eq', value }],
    ),
    from: iso(query.from),
    to: iso(query.to),
    timezone: zone ?? 'UTC',
    limit: 10_000,
    ...(query.zero === true ? { fill: 'zero' } : {}),
  }
}

/** One row for each group, and bucket where there is a step. */
export function grouped(all: readonly Happening[], query: Query): Comparison {
  const { by = [], measures, step, zone = 'UTC' } = query
  const rows = selected(all, query).filter(isOf(query.kinds))
  const groups = Map.groupBy(rows, (row) => JSON.stringify(by.map((name) => keyOf(row, name))))
  const question = questionOf(query)
  if (step === undefined) {
    const found = [...groups].map(([text, own]) => [
      ...(JSON.parse(text) as (string | null)[]),
      ...cells(measures, figures(own, secondsOf(query))),
    ])
    return { question, rows: found, ordered: false }
  }
  const buckets = bucketsOf(query.from, query.to, step, zone)
  if (by.length === 0 && groups.size === 0 && query.zero === true) groups.set('[]', [])
  const found = [...groups].flatMap(([text, own]) => {
    const inBucket = Map.groupBy(own, (row) => bucketOf(row.time, step, zone)[0])
    return buckets.flatMap((bucket): Cell[][] => {
      const inside = inBucket.get(bucket.start)
      if (inside === undefined && query.zero !== true) return []
      return [
        [
          new Date(bucket.start / 1000).toISOString(),
          ...(JSON.parse(text) as (string | null)[]),
          ...cells(measures, figures(inside ?? [], bucket.seconds)),
          bucket.complete,
        ],
      ]
    })
  })
  return { question, rows: found, ordered: false }
}

/** The groups of one dimension with the greatest counts of calls, and the rest as one. */
export function top(all: readonly Happening[], query: Query, by: string, n: number): Comparison {
  const { measures } = query
  const rows = selected(all, query).filter(isOf(query.kinds))
  const groups = [...Map.groupBy(rows, (row) => keyOf(row, by))].map(([key, own]) => ({ key, own }))
  groups.sort((a, b) => b.own.length - a.own.length || (String(a.key) < String(b.key) ? -1 : 1))
  const rest = groups.slice(n).flatMap(({ own }) => own)
  const seconds = secondsOf(query)
  const question = {
    ...questionOf({ ...query, by: [by] }),
    top: { by: 'requests.count', n, other: true },
  }
  const listed = groups
    .slice(0, n)
    .map(({ key, own }) => [key, ...cells(measures, figures(own, seconds))])
  const others =
    rest.length === 0 ? [] : [['__other__', ...cells(measures, figures(rest, seconds))]]
  return { question, rows: [...listed, ...others], ordered: true }
}

/** The range beside the time of equal length before it. */
export function compared(all: readonly Happening[], query: Query): Comparison {
  const rows = selected(all, query).filter(isOf(query.kinds))
  const before = { ...query, from: 2 * query.from - query.to, to: query.from }
  const earlier = figures(selected(all, before).filter(isOf(query.kinds)), secondsOf(query))
  const now = figures(rows, secondsOf(query))
  const row = query.measures.flatMap((measure): Expected[] => {
    const [value, previous] = [now[measure] ?? null, earlier[measure] ?? null]
    const both = typeof value === 'number' && typeof previous === 'number'
    const delta = both ? value - previous : null
    return [
      { measure, figure: value },
      { measure, figure: previous },
      { measure, figure: delta },
      {
        measure: 'change.avg',
        figure: delta === null || previous === 0 ? null : delta / Number(previous),
      },
    ]
  })
  return { question: { ...questionOf(query), compare: 'previous' }, rows: [row], ordered: true }
}
