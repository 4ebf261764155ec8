import type { Schemas } from '@llmhub/client'

/** What `GET /api/v1/sql/schema` tells. */
export type SqlSchema = Schemas['SqlSchema']

const KEYWORDS = `
  ALL AND ANY AS ASC ASOF BETWEEN BY CASE CAST COUNT CROSS DATE DESC DISTINCT ELSE END EXCEPT EXCLUDE
  EXISTS FALSE FILTER FIRST FROM FULL GROUP GROUPING HAVING ILIKE IN INNER INTERSECT INTERVAL IS JOIN
  LAST LATERAL LEFT LIKE LIMIT NOT NULL NULLS OFFSET ON OR ORDER OUTER OVER PARTITION PIVOT QUALIFY
  RECURSIVE REPLACE RIGHT ROLLUP SELECT SETS THEN TIMESTAMP TRUE UNION UNPIVOT USING VALUES WHEN WHERE
  WINDOW WITH`
  .trim()
  .split(/\s+/)

/**
 * What the word at the end of `text` may become: views behind FROM and JOIN; columns behind the name or
 * alias of a view and a dot; else columns of the views that the statement names, keywords, functions
 * and views. Functions end with their parenthesis.
 *
 * @returns the candidates, and the word that they stand for
 */
export function complete(schema: SqlSchema, text: string): [string[], string] {
  const word = /[\w\\.]*$/.exec(text)?.[0] ?? ''
  if (text.trimStart().startsWith('\\')) return completeCommand(schema, text)
  const before = text.slice(0, text.length - word.length)
  const dot = word.lastIndexOf('.')
  const owner = word.slice(0, Math.max(0, dot)).toLowerCase()
  const views = schema.views.map(({ name }) => name)
  if (owner === schema.schema) return [starting(views, word, `${schema.schema}.`), word]
  if (owner !== '') {
    const view = viewOf(schema, text, owner)
    const columns = view?.columns.map(({ name }) => name) ?? []
    return [starting(columns, word, word.slice(0, dot + 1)), word]
  }
  if (/\b(?:from|join|table)\s+$/i.test(before) || /\bfrom\s+[^()]*,\s*$/i.test(before)) {
    return [starting([...views, `${schema.schema}.`], word), word]
  }
  const named = schema.views.filter(({ name }) => new RegExp(`\\b${name}\\b`, 'i').test(text))
  const columns = (named.length === 0 ? schema.views : named).flatMap((view) =>
    view.columns.map(({ name }) => name),
  )
  if (word === '') return [[...new Set(named.length === 0 ? [] : columns)], word]
  const functions = schema.functions.map((name) => `${name}(`)
  const keywords = word === word.toUpperCase() ? KEYWORDS : KEYWORDS.map((key) => key.toLowerCase())
  const words = starting([...new Set([...columns, ...keywords, ...views])], word)
  return [words.length > 0 ? words : starting(functions, word), word]
}

const COMMANDS = ['\\?', '\\d', '\\o', '\\q', '\\r', '\\timing', '\\x']
export const PROMPT_FORMATS = ['table', 'json', 'csv', 'ndjson'] as const

function completeCommand(schema: SqlSchema, text: string): [string[], string] {
  const [, command = '', argument] = /^\s*(\S*)(?:\s+(\S*))?$/.exec(text) ?? []
  if (argument === undefined) return [starting(COMMANDS, command), command]
  const views = schema.views.map(({ name }) => name)
  const known = command === '\\d' ? views : command === '\\o' ? PROMPT_FORMATS : []
  return [starting(known, argument), argument]
}

function starting(names: readonly string[], word: string, prefix = ''): string[] {
  const lower = word.toLowerCase()
  return names.map((name) => prefix + name).filter((name) => name.toLowerCase().startsWith(lower))
}

/** The view that a name or an alias within the statement stands for. */
function viewOf(
  schema: SqlSchema,
  text: string,
  name: string,
): SqlSchema['views'][number] | undefined {
  const direct = schema.views.find((view) => view.name === name.replace(`${schema.schema}.`, ''))
  if (direct !== undefined) return direct
  if (!/^\w+$/.test(name)) return undefined
  const found = new RegExp(`\\b(?:${schema.schema}\\.)?(\\w+)\\s+(?:as\\s+)?${name}\\b`, 'i').exec(
    text,
  )
  return schema.views.find((view) => view.name === found?.[1]?.toLowerCase())
}
