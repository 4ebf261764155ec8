import { nearestName } from '@llmhub/schema'
import type { SqlIssue, SqlParameter } from '../sql.ts'
import { SQL_FUNCTIONS, SQL_TABLE_FUNCTIONS, SQL_TYPES } from '../sql-functions.ts'
import { SQL_SCHEMA, SQL_VIEWS, sqlViewNamed } from '../sql-views.ts'
import { amplificationOf } from './sql-amplification.ts'
import { argumentIssue, groupStateOf, growthOf, wildcardIssue } from './sql-arguments.ts'
import { aliasCosts } from './sql-expansion.ts'
import { depthOf, integerOf, isObject, locationOf, type Tree, textOf, treesOf } from './sql-tree.ts'
import { windowIssue } from './sql-window.ts'

/**
 * Checks a statement on the parse tree that the database's own parser made of it
 * (`json_serialize_sql`): nothing is recognised by its text. Every part of the tree must be of a kind
 * that is known here; a kind that a later release of the database adds is refused until it is.
 */

const QUERIES = new Set(['SELECT_NODE', 'SET_OPERATION_NODE', 'RECURSIVE_CTE_NODE', 'CTE_NODE'])
const SOURCES = new Set([
  'BASE_TABLE',
  'SUBQUERY',
  'JOIN',
  'TABLE_FUNCTION',
  'EXPRESSION_LIST',
  'EMPTY',
  'PIVOT',
])
const EXPRESSIONS = new Set([
  'BETWEEN',
  'CASE',
  'CAST',
  'COLLATE',
  'COLUMN_REF',
  'COMPARISON',
  'CONJUNCTION',
  'CONSTANT',
  'FUNCTION',
  'LAMBDA',
  'LAMBDA_REF',
  'OPERATOR',
  'PARAMETER',
  'POSITIONAL_REFERENCE',
  'STAR',
  'SUBQUERY',
  'TYPE',
  'WINDOW',
])
const PARTS = new Set([
  'ORDER_MODIFIER',
  'LIMIT_MODIFIER',
  'LIMIT_PERCENT_MODIFIER',
  'DISTINCT_MODIFIER',
  'ORDER_DEFAULT',
  'ASCENDING',
  'DESCENDING',
])

/** Bounds of a statement, so that planning it stays cheap: the planner cannot be interrupted. */
export const SQL_BOUNDS = {
  /** UTF-16 units of the text. */
  length: 32_768,
  /** Nodes of its tree, with aliases of a select list written out where they are used. */
  nodes: 20_000,
  /** Objects within objects of its tree. */
  depth: 600,
  /** Tables, views and functions it reads from and grouping sets, with those of a CTE as often as it is used. */
  sources: 64,
  /** Columns that its pivots make. */
  pivoted: 1000,
  /** Product of the counts of `repeat` and of the growth of replacements. */
  growth: 100_000,
  /** Times that what it joins or replaces may be longer than what it reads. */
  amplification: 200,
  /** KiB that its aggregates keep for each group, those of grouping sets and pivots as often as these group. */
  groupState: 256,
} as const

class Refusal extends Error {
  override readonly name = 'Refusal'
  readonly issue: SqlIssue

  constructor(issue: SqlIssue) {
    super(issue.message)
    this.issue = issue
  }
}

function refuse(message: string, at: number | null, hint?: string): never {
  throw new Refusal({ message, at, ...(hint === undefined ? {} : { hint }) })
}

const VIEW_NAMES = SQL_VIEWS.map(({ name }) => name)
const ALLOWED = `Allowed is one SELECT over the views ${VIEW_NAMES.map((name) => `${SQL_SCHEMA}.${name}`).join(', ')}.`

/** Names of common table expressions in scope, lower case, with the number of sources each stands for. */
type Scope = ReadonlyMap<string, number>

/**
 * What is wrong with a statement, or null when it may run.
 *
 * @param json what `json_serialize_sql` made of it; positions in it and in the issue are bytes
 * @param values of its parameters
 */
export function checkStatement(
  json: string,
  values: Readonly<Record<string, SqlParameter>> = {},
): SqlIssue | null {
  const tree = JSON.parse(json) as Tree
  if (tree['error'] === true) return parserIssue(tree)
  const statements = treesOf(tree['statements'])
  if (statements.length !== 1) {
    const message =
      statements.length === 0 ? 'there is no statement' : 'there is more than one statement'
    return { message, at: null, hint: ALLOWED }
  }
  // Whatever walks the tree does so by recursion.
  if (depthOf(statements[0]) > SQL_BOUNDS.depth) {
    return { message: 'the statement is nested too deeply', at: null }
  }
  try {
    new Check(values).statement(statements[0] as Tree)
    return null
  } catch (error) {
    if (error instanceof Refusal) return error.issue
    throw error
  }
}

function parserIssue(tree: Tree): SqlIssue {
  const message = textOf(tree, 'error_message')
  if (tree['error_type'] === 'not implemented' && message.startsWith('Only SELECT')) {
    return { message: 'this is no SELECT', at: 0, hint: ALLOWED }
  }
  if (message.startsWith('Max expression depth') || message.startsWith('memory exhausted')) {
    return { message: 'the statement is nested too deeply', at: null }
  }
  const at = integerOf(tree, 'position')
  return message.startsWith('A CTE needs a SELECT')
    ? { message: 'a common table expression must be a SELECT', at, hint: ALLOWED }
    : { message, at }
}

class Check {
  readonly #values: Readonly<Record<string, SqlParameter>>
  #nodes = 0
  #sources = 0
  #growth = 1
  #groupState = 0
  #pivoted = 0
  /** Groupings that the part being visited stands in, multiplied where one stands within another. */
  #groupings = 1

  constructor(values: Readonly<Record<string, SqlParameter>>) {
    this.#values = values
  }

  statement(tree: Tree): void {
    this.#visit(tree['node'], new Map())
    if (amplificationOf(tree['node']) > SQL_BOUNDS.amplification) {
      refuse(
        'the statement joins or replaces texts so often that they might become too long',
        null,
        'Join fewer values, or join before string_agg and list rather than after.',
      )
    }
  }

  #visit(value: unknown, scope: Scope): void {
    if (Array.isArray(value)) {
      for (const each of value) this.#visit(each, scope)
      return
    }
    if (!isObject(value)) return
    this.#count(1, value)
    if (typeof value['class'] === 'string') this.#expression(value, scope)
    else if (typeof value['type'] === 'string') this.#typed(value['type'], value, scope)
    else this.#children(value, scope)
  }

  #children(tree: Tree, scope: Scope, ...except: readonly string[]): void {
    for (const [key, value] of Object.entries(tree)) {
      if (!except.includes(key)) this.#visit(value, scope)
    }
  }

  #count(nodes: number, tree: Tree): void {
    this.#nodes += nodes
    if (this.#nodes > SQL_BOUNDS.nodes) {
      refuse(
        'the statement is too large once its aliases are written out where they are used',
        locationOf(tree),
        'Put a step between: a subquery or a common table expression computes a value once.',
      )
    }
  }

  #source(count: number, tree: Tree): void {
    this.#sources += count
    if (this.#sources > SQL_BOUNDS.sources) {
      refuse(
        `the statement reads more than ${SQL_BOUNDS.sources} tables and grouping sets`,
        locationOf(tree),
      )
    }
  }

  #typed(type: string, tree: Tree, scope: Scope): void {
    if (QUERIES.has(type)) this.#query(tree, scope)
    else if (SOURCES.has(type)) this.#from(type, tree, scope)
    else if (PARTS.has(type)) this.#children(tree, scope)
    else if (type === 'SHOW_REF') {
      refuse(
        'DESCRIBE, SHOW and SUMMARIZE are not allowed',
        locationOf(tree),
        'GET /api/v1/sql/schema lists the views and their columns; in the prompt of llmhub sql: \\d',
      )
    } else refuse(`${wordsOf(type)} is not allowed`, locationOf(tree), ALLOWED)
  }

  #query(tree: Tree, outer: Scope): void {
    const scope = new Map(outer)
    for (const entry of treesOf((tree['cte_map'] as Tree | undefined)?.['map'])) {
      const name = textOf(entry, 'key').toLowerCase()
      const before = this.#sources
      this.#visit(entry['value'], scope)
      scope.set(name, Math.max(1, this.#sources - before))
    }
    if (tree['type'] === 'RECURSIVE_CTE_NODE') {
      this.#visit(tree['left'], scope)
      const inner = new Map(scope).set(textOf(tree, 'cte_name').toLowerCase(), 1)
      this.#children(tree, inner, 'left', 'cte_map')
      return
    }
    if (tree['type'] === 'SELECT_NODE') {
      // Each set is grouped in tables of its own, and CUBE (a, b, …) doubles them with every column.
      this.#source(groupingsOf(tree) - 1, tree)
      for (const { cost, expression } of aliasCosts(tree)) this.#count(cost, expression)
    }
    this.#grouped(groupingsOf(tree), () => this.#children(tree, scope, 'cte_map'))
  }

  #grouped(groupings: number, visit: () => void): void {
    const before = this.#groupings
    this.#groupings *= groupings
    visit()
    this.#groupings = before
  }

  #from(type: string, tree: Tree, scope: Scope): void {
    const at = locationOf(tree)
    if (type === 'BASE_TABLE') {
      this.#table(tree, scope)
      return
    }
    if (type === 'TABLE_FUNCTION') {
      const call = tree['function'] as Tree
      const name = textOf(call, 'function_name').toLowerCase()
      if (!SQL_TABLE_FUNCTIONS.has(name) || !isOfDatabase(call)) {
        refuse(
          `the table function ${name} is not allowed`,
          at,
          `Allowed in FROM are the views, and ${[...SQL_TABLE_FUNCTIONS].join(', ')}.`,
        )
      }
      this.#source(1, tree)
      this.#visit(call['children'], scope)
      this.#children(tree, scope, 'function')
      return
    }
    if (type === 'PIVOT') this.#pivot(tree)
    this.#grouped(type === 'PIVOT' ? pivotedOf(tree) : 1, () => this.#children(tree, scope))
  }

  #pivot(tree: Tree): void {
    this.#pivoted += pivotedOf(tree) * Math.max(1, treesOf(tree['aggregates']).length)
    if (this.#pivoted > SQL_BOUNDS.pivoted) {
      const message = `PIVOT would make more than ${SQL_BOUNDS.pivoted} columns`
      refuse(message, locationOf(tree), 'List fewer values, or GROUP BY them.')
    }
    for (const pivot of treesOf(tree['pivots'])) {
      if (textOf(pivot, 'pivot_enum') !== '') {
        refuse(
          'PIVOT over an ENUM type is not allowed',
          locationOf(tree),
          'List the values in IN (…).',
        )
      }
    }
  }

  #table(tree: Tree, scope: Scope): void {
    const at = locationOf(tree)
    const catalog = textOf(tree, 'catalog_name')
    const schema = textOf(tree, 'schema_name').toLowerCase()
    const name = textOf(tree, 'table_name')
    if (tree['at_clause'] !== undefined) refuse('AT is not allowed', at)
    const uses = schema === '' && catalog === '' ? scope.get(name.toLowerCase()) : undefined
    if (uses !== undefined) {
      this.#source(uses, tree)
      return
    }
    const isView =
      catalog === '' && (schema === '' || schema === SQL_SCHEMA) && sqlViewNamed(name) !== undefined
    if (!isView) {
      const full = [catalog, schema, name].filter((part) => part !== '').join('.')
      const near = nearestName(name.toLowerCase(), VIEW_NAMES)
      refuse(
        `there is no view ${full}`,
        at,
        near === null ? ALLOWED : `Did you mean ${SQL_SCHEMA}.${near}? ${ALLOWED}`,
      )
    }
    this.#source(1, tree)
    this.#children(tree, scope)
  }

  #expression(tree: Tree, scope: Scope): void {
    const kind = textOf(tree, 'class')
    if (!EXPRESSIONS.has(kind)) refuse(`${wordsOf(kind)} is not allowed`, locationOf(tree), ALLOWED)
    if (kind === 'CONSTANT') return
    if (kind === 'FUNCTION' || kind === 'WINDOW') this.#function(tree)
    if (kind === 'LAMBDA') checkLambda(tree)
    if (kind === 'CAST' || kind === 'TYPE') {
      this.#type(tree)
      this.#children(tree, scope, 'cast_type', 'type_info')
      return
    }
    this.#children(tree, scope)
  }

  #function(tree: Tree): void {
    const name = textOf(tree, 'function_name').toLowerCase()
    const at = locationOf(tree)
    if (!SQL_FUNCTIONS.has(name) || !isOfDatabase(tree)) {
      const near = nearestName(name, [...SQL_FUNCTIONS])
      const asTable = SQL_TABLE_FUNCTIONS.has(name)
      refuse(
        asTable ? `${name} is allowed in FROM only` : `the function ${name} is not allowed`,
        at,
        asTable
          ? `Write … FROM ${name}(…).`
          : `${near === null || near === name ? '' : `Did you mean ${near}? `}GET /api/v1/sql/schema lists the functions that are.`,
      )
    }
    const issue =
      (tree['class'] === 'WINDOW' ? windowIssue(name, tree) : null) ??
      argumentIssue(name, tree) ??
      wildcardIssue(name, tree, this.#values)
    if (issue !== null) refuse(issue.message, at, issue.hint)
    this.#growth *= growthOf(name, tree)
    if (this.#growth > SQL_BOUNDS.growth) {
      refuse('the statement makes too much text from little', at, 'Use smaller counts.')
    }
    this.#groupState += this.#groupings * groupStateOf(name, tree)
    if (this.#groupState > SQL_BOUNDS.groupState) {
      refuse(
        'the aggregates of the statement keep too much for each group',
        at,
        'Use smaller counts, fewer grouping sets, or fewer approx_quantile: one takes a list, [0.5, 0.9, 0.99].',
      )
    }
  }

  /** Names of types in a cast: all that stand in its tree, however deep. */
  #type(tree: Tree): void {
    const names = (value: unknown): void => {
      if (Array.isArray(value)) for (const each of value) names(each)
      if (!isObject(value)) return
      this.#count(1, tree)
      const name = value['name'] ?? value['type_name']
      const schema = textOf(value, 'schema')
      if (value['type'] === 'UNBOUND_TYPE_INFO' || value['class'] === 'TYPE') {
        const known = typeof name === 'string' && SQL_TYPES.has(name.toLowerCase())
        if (!known || (schema !== '' && schema !== 'main') || textOf(value, 'catalog') !== '') {
          refuse(`the type ${String(name)} is not allowed`, locationOf(tree))
        }
      }
      for (const each of Object.values(value)) names(each)
    }
    names(tree['class'] === 'TYPE' ? tree : tree['cast_type'])
  }
}

/** How often a SELECT groups its rows. */
function groupingsOf({ group_sets: sets }: Tree): number {
  return Array.isArray(sets) ? Math.max(1, sets.length) : 1
}

/** How many columns a PIVOT makes of each of its aggregates. */
function pivotedOf(tree: Tree): number {
  const counts = treesOf(tree['pivots']).map(({ entries }) => treesOf(entries).length)
  return counts.reduce((product, count) => product * Math.max(1, count), 1)
}

/**
 * A lambda may name its own parameters alone. One that names a list from outside would copy it for each
 * element, within one call of a function that nothing can interrupt.
 */
function checkLambda(lambda: Tree): void {
  const parameters = new Set(columnRefs(lambda['lhs']).map(([name = '']) => name.toLowerCase()))
  for (const [name = ''] of columnRefs(lambda['expr'])) {
    if (parameters.has(name.toLowerCase())) continue
    refuse(
      `${name} may not be named within a lambda: only its own parameters may`,
      locationOf(lambda),
      'Use unnest and a join instead; to take a part of JSON, json_extract(…).',
    )
  }
}

/** Names of columns that stand in a part, those of lambdas within it left out. */
function columnRefs(value: unknown): readonly (readonly string[])[] {
  if (Array.isArray(value)) return value.flatMap(columnRefs)
  if (!isObject(value) || value['class'] === 'LAMBDA') return []
  const names = value['column_names']
  if (value['class'] === 'COLUMN_REF' && Array.isArray(names)) return [names.map(String)]
  return Object.values(value).flatMap(columnRefs)
}

/** Whether a function is named without a schema of its own, as the parser does for operators too. */
function isOfDatabase(tree: Tree): boolean {
  const schema = textOf(tree, 'schema').toLowerCase()
  const catalog = textOf(tree, 'catalog').toLowerCase()
  return ['', 'main', 'pg_catalog'].includes(schema) && ['', 'system'].includes(catalog)
}

const wordsOf = (type: string): string => type.toLowerCase().replaceAll('_', ' ')
