import { COLLECTING, JOINING } from '../sql-functions.ts'
import { constantOf, isObject, type Tree, textOf, treesOf } from './sql-tree.ts'

/** More than any statement may have: nothing is multiplied further. */
const ENOUGH = 1e9
/** What an aggregate that collects counts for: its result is as long as there are rows. */
const COLLECTED = 20
/** Each round of a recursion multiplies again; rounds can be interrupted, one of them cannot. */
const MOST_PER_ROUND = 4

const QUERIES = new Set(['SELECT_NODE', 'SET_OPERATION_NODE', 'RECURSIVE_CTE_NODE', 'CTE_NODE'])

/** Factors of common table expressions in scope, by name in lower case. */
type Scope = ReadonlyMap<string, number>

/**
 * How many times longer than a value of a row a value can become that the statement makes of it. One
 * step of the database makes the values of 2,048 rows and cannot be interrupted: joined a hundred times,
 * and that a hundred times in the query around it, they would take all memory there is.
 */
export function amplificationOf(statement: unknown): number {
  return queriesIn(statement, new Map())
}

/** The greatest factor of the queries and common table expressions that a part names. */
function queriesIn(value: unknown, scope: Scope): number {
  if (Array.isArray(value)) return greatest(value.map((each) => queriesIn(each, scope)))
  if (!isObject(value)) return 1
  const type = textOf(value, 'type')
  if (QUERIES.has(type)) return queryOf(value, scope)
  const named = type === 'BASE_TABLE' && textOf(value, 'schema_name') === ''
  const known = named ? scope.get(textOf(value, 'table_name').toLowerCase()) : undefined
  return Math.max(known ?? 1, greatest(Object.values(value).map((each) => queriesIn(each, scope))))
}

function queryOf(tree: Tree, outer: Scope): number {
  const scope = new Map(outer)
  for (const entry of treesOf((tree['cte_map'] as Tree | undefined)?.['map'])) {
    scope.set(textOf(entry, 'key').toLowerCase(), queriesIn(entry['value'], scope))
  }
  const { cte_map: _, ...parts } = tree
  if (tree['type'] === 'RECURSIVE_CTE_NODE') {
    const start = queriesIn(tree['left'], scope)
    const inner = new Map(scope).set(textOf(tree, 'cte_name').toLowerCase(), 1)
    const round = queriesIn(tree['right'], inner)
    return round > MOST_PER_ROUND ? ENOUGH : start * round
  }
  const read = greatest(Object.values(parts).map((each) => queriesIn(each, scope)))
  if (tree['type'] !== 'SELECT_NODE') return read
  const { type: __, from_table: ___, ...expressions } = parts
  return Math.min(read * expressionOf(expressions), ENOUGH)
}

/** The factor of an expression, queries within it left out. */
function expressionOf(value: unknown): number {
  if (Array.isArray(value)) return greatest(value.map(expressionOf))
  if (!isObject(value) || QUERIES.has(textOf(value, 'type'))) return 1
  const children = treesOf(value['children'])
  const name = textOf(value, 'function_name').toLowerCase()
  if (JOINING.has(name)) {
    const joined = children.filter((child) => constantOf(child) === undefined).map(expressionOf)
    return Math.min(
      Math.max(
        1,
        joined.reduce((sum, each) => sum + each, 0),
      ),
      ENOUGH,
    )
  }
  const within = greatest(Object.values(value).map(expressionOf))
  if (COLLECTING.has(name)) return Math.min(within * COLLECTED, ENOUGH)
  if (name !== 'replace' && name !== 'regexp_replace') return within
  const [from, to] = [constantOf(children[1]), constantOf(children[2])]
  // The least that a regular expression matches is not known: nothing, perhaps.
  const least = name === 'replace' && typeof from === 'string' ? Math.max(1, from.length) : 1
  return Math.min(within * (typeof to === 'string' ? Math.max(1, to.length / least) : 1), ENOUGH)
}

function greatest(factors: readonly number[]): number {
  return factors.reduce((most, each) => Math.max(most, each), 1)
}
