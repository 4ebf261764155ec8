import type { Answer, Cell } from '@llmhub/schema'
import type { CostLine, CostLines } from './cost-change.ts'
import { addLines, costOfLine, NO_COST } from './cost-change.ts'
import { picoDollars } from './value.ts'

/** Measures and dimensions from which lines are made. A rollup has them all. */
export const LINE_MEASURES = [
  'cost.total',
  'cost.prompt',
  'cost.completion',
  'cost.other',
  'cost.cache_saved',
  'cost.priced.count',
  'cost.unpriced.count',
  'tokens.input',
  'tokens.output',
] as const
export const LINE_DIMENSIONS = ['provider', 'model', 'price_source', 'kind'] as const

/** What a line is of. `rest`: of everything that has no line of its own. */
export interface LineOf {
  readonly provider: string | null
  readonly model: string | null
  readonly rest: boolean
  /** Costs worked out by the hub, costs of calls as reported, and costs of no call. */
  readonly how: 'computed' | 'reported' | 'charge'
}

/** What one range, or one user in it, cost, line by line. */
export interface Spending {
  readonly lines: CostLines
  readonly total: bigint
  /** Calls whose cost is known, and those whose cost is not. */
  readonly priced: bigint
  readonly unpriced: bigint
}

export const NOTHING: Spending = { lines: new Map(), total: 0n, priced: 0n, unpriced: 0n }

/** Kinds whose rows are calls; the other kinds that cost something are charges. */
const CALL_KINDS: ReadonlySet<Cell> = new Set(['llm_request', 'token_cost'])

function keyOf(line: LineOf): string {
  return JSON.stringify([line.provider, line.model, line.rest, line.how])
}

/** @throws SyntaxError for what is no key */
export function lineOfKey(key: string): LineOf {
  const [provider, model, rest, how] = JSON.parse(key) as [
    string | null,
    string | null,
    boolean,
    LineOf['how'],
  ]
  return { provider, model, rest, how }
}

/** Spending by user of an answer that has the dimensions and measures of lines, and perhaps `user`. */
export function spendingOf(answer: Answer): ReadonlyMap<string | null, Spending> {
  const at = new Map(answer.columns.map(({ name }, index) => [name, index]))
  const users = new Map<string | null, Spending & { readonly lines: Map<string, CostLine> }>()
  for (const row of answer.rows) {
    const cell = (name: string): Cell => row[at.get(name) ?? -1] ?? null
    const money = (name: string): bigint => picoOf(cell(name))
    const text = (name: string): string | null => {
      const value = cell(name)
      return typeof value === 'string' ? value : null
    }
    const user = text('user')
    const source = text('price_source')
    const isComputed = source === 'package' || source === 'override'
    const isCall = CALL_KINDS.has(cell('kind'))
    const prompt = money('cost.prompt')
    const tokens = isCall
      ? { input: whole(cell('tokens.input')), output: whole(cell('tokens.output')) }
      : {}
    const line: CostLine = {
      ...NO_COST,
      ...tokens,
      calls: isCall ? whole(cell('cost.priced.count')) : 0n,
      ...(isComputed
        ? {
            prompt,
            plain: prompt + money('cost.cache_saved'),
            completion: money('cost.completion'),
            other: money('cost.other'),
          }
        : { reported: money('cost.total') }),
    }
    const known = users.get(user) ?? { ...NOTHING, lines: new Map<string, CostLine>() }
    users.set(user, {
      lines: known.lines,
      total: known.total + money('cost.total'),
      priced: known.priced + whole(cell('cost.priced.count')),
      unpriced: known.unpriced + whole(cell('cost.unpriced.count')),
    })
    if (line.calls === 0n && costOfLine(line) === 0n) continue
    const how = isComputed ? 'computed' : isCall ? 'reported' : 'charge'
    const key = keyOf({ provider: text('provider'), model: text('model'), rest: false, how })
    known.lines.set(key, addLines(known.lines.get(key) ?? NO_COST, line))
  }
  return users
}

/**
 * Lines that are told apart: the `n` that cost most in either range; the others become one line per
 * way of costing. Answers how to name a line of either range.
 */
export function keepLargest(
  before: CostLines,
  after: CostLines,
  n: number,
): (key: string) => string {
  const most = (key: string): bigint => {
    const [was, is] = [before, after].map((lines) =>
      magnitude(costOfLine(lines.get(key) ?? NO_COST)),
    )
    return (was ?? 0n) > (is ?? 0n) ? (was ?? 0n) : (is ?? 0n)
  }
  const keys = [...new Set([...before.keys(), ...after.keys()])]
  if (keys.length <= n) return (key) => key
  const ranked = keys
    .map((key) => ({ key, most: most(key) }))
    .sort((a, b) => (a.most === b.most ? (a.key < b.key ? -1 : 1) : a.most > b.most ? -1 : 1))
  const kept = new Set(ranked.slice(0, n).map(({ key }) => key))
  return (key) =>
    kept.has(key) ? key : keyOf({ ...lineOfKey(key), provider: null, model: null, rest: true })
}

export function renameLines(spending: Spending, rename: (key: string) => string): Spending {
  const lines = new Map<string, CostLine>()
  for (const [key, line] of spending.lines) {
    const name = rename(key)
    lines.set(name, addLines(lines.get(name) ?? NO_COST, line))
  }
  return { ...spending, lines }
}

/** What is left of `all` without `part`, which is part of it. */
export function withoutPart(all: Spending, part: Spending): Spending {
  const lines = new Map(all.lines)
  for (const [key, line] of part.lines) {
    const left = addLines(lines.get(key) ?? NO_COST, line, -1n)
    if (left.calls === 0n && costOfLine(left) === 0n) lines.delete(key)
    else lines.set(key, left)
  }
  return {
    lines,
    total: all.total - part.total,
    priced: all.priced - part.priced,
    unpriced: all.unpriced - part.unpriced,
  }
}

export function magnitude(amount: bigint): bigint {
  return amount < 0n ? -amount : amount
}

function picoOf(cell: Cell): bigint {
  return (typeof cell === 'string' ? picoDollars(cell) : null) ?? 0n
}

/** Counts of rows are whole as long as every row weighs 1. */
function whole(cell: Cell): bigint {
  if (cell === null || typeof cell === 'boolean') return 0n
  return typeof cell === 'number' ? BigInt(Math.round(cell)) : BigInt(cell)
}
