/** The types of the client, made from the OpenAPI document. */

import type { OpenApi, Operation, Parameter } from './openapi.ts'

type Schema = Readonly<Record<string, unknown>>

/** Bodies that may also come as they are. */
const RAW = 'string | Uint8Array<ArrayBuffer>'

/** The text of packages/client/src/generated/operations.ts. */
export function clientTypes(document: OpenApi): string {
  const schemas = Object.entries(document.components.schemas).toSorted(([a], [b]) =>
    a < b ? -1 : 1,
  )
  const operations = Object.entries(document.paths)
    .flatMap(([path, methods]) =>
      Object.entries(methods).map(
        ([method, operation]) => [`${method.toUpperCase()} ${path}`, operation] as const,
      ),
    )
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
  return indented(
    [
      '// Made from docs/reference/openapi.json by `npm test -- test/reference` with UPDATE=1; do not edit.',
      '',
      '/** Bodies that several operations share, by their name in the OpenAPI document. */',
      'export interface Schemas {',
      ...schemas.map(([name, schema]) => `${comment(schema)}readonly ${name}: ${typeOf(schema)}`),
      '}',
      '',
      '/** What each operation takes, and what it answers when it succeeds. */',
      'export interface Operations {',
      ...operations.map(([name, operation]) => {
        const [key, text] = operationType(name, operation)
        return `${comment({ description: operation.summary })}readonly ${key}: ${text}`
      }),
      '}',
      '',
    ].join('\n'),
  )
}

/** Indents by braces: a line that ends with one opens, a line that begins with one closes. */
function indented(text: string): string {
  let depth = 0
  return text
    .split('\n')
    .map((line) => {
      if (/^[})\]]/.test(line)) depth -= 1
      const shown = line === '' ? '' : '  '.repeat(depth) + line
      if (/[{(\[]$/.test(line)) depth += 1
      return shown
    })
    .join('\n')
}

/** An object type, a member on each line. */
function braces(members: readonly string[]): string {
  return ['{', ...members, '}'].join('\n')
}

function operationType(name: string, operation: Operation): readonly [string, string] {
  const of = (place: string) => (operation.parameters ?? []).filter((each) => each.in === place)
  const params = of('path').map((each) =>
    member(each.name, { ...each.schema, description: each.description }, true),
  )
  const query = of('query').map(parameter)
  const headers = of('header').map(parameter)
  const group = (members: readonly string[]): string =>
    members.length === 0 ? 'never' : braces(members)
  return [
    quoted(name),
    braces([
      `readonly params: ${group(params)}`,
      `readonly query: ${group(query)}`,
      `readonly headers: ${group(headers)}`,
      `readonly body: ${bodyType(operation)}`,
      `readonly answer: ${answerType(operation)}`,
    ]),
  ]
}

function bodyType({ requestBody }: Operation): string {
  if (requestBody === undefined) return 'never'
  const { 'application/json': json, ...others } = requestBody.content
  const types = [
    ...(json === undefined ? [] : [typeOf(json.schema)]),
    ...(Object.keys(others).length === 0 ? [] : [RAW]),
    ...(requestBody.required ? [] : ['undefined']),
  ]
  return types.join(' | ')
}

/** Of the successful answers, as JSON where there is any. */
function answerType({ responses }: Operation): string {
  const types = Object.entries(responses)
    .filter(([status]) => status.startsWith('2'))
    .map(([, { content = {} }]) => {
      const json = Object.entries(content).find(([media]) => /[/+]json$/.test(media))
      if (json !== undefined) return typeOf(json[1].schema)
      return Object.keys(content).length === 0 ? 'undefined' : 'string'
    })
  return types.length === 0 ? 'undefined' : union(types)
}

const JSON_TYPES: Readonly<Record<string, string>> = {
  string: 'string',
  number: 'number',
  integer: 'number',
  boolean: 'boolean',
  null: 'null',
}

/** A JSON Schema as a TypeScript type; what the schema does not say is `unknown`. */
function typeOf(schema: Schema): string {
  const { $ref, const: only, enum: values, anyOf, oneOf, type } = schema
  if (typeof $ref === 'string') return `Schemas[${quoted($ref.split('/').at(-1) ?? '')}]`
  if (only !== undefined) return valueType(only)
  if (Array.isArray(values)) return union(values.map(valueType))
  const choices = [anyOf, oneOf].find((each) => Array.isArray(each)) as Schema[] | undefined
  const told = choices?.filter((choice) => Object.keys(choice).some((key) => key !== 'required'))
  if (told !== undefined && told.length > 0) return union(told.map(typeOf))
  const types = (Array.isArray(type) ? type : [type]) as unknown[]
  return union(
    types.map((each) => {
      if (each === 'object') return objectType(schema)
      if (each === 'array') return arrayType(schema)
      return JSON_TYPES[String(each)] ?? 'unknown'
    }),
  )
}

function arrayType({ items }: Schema): string {
  const item = items === undefined ? 'unknown' : typeOf(items as Schema)
  return `readonly ${bracketed(item)}[]`
}

/** A union inside of an array needs parentheses, also behind an object that comes first. */
function bracketed(type: string): string {
  let depth = 0
  for (const char of type) {
    if (char === '{' || char === '(' || char === '[' || char === '<') depth += 1
    else if (char === '}' || char === ')' || char === ']' || char === '>') depth -= 1
    else if (char === '|' && depth === 0) return `(${type})`
  }
  return type.startsWith('readonly ') ? `(${type})` : type
}

function objectType(schema: Schema): string {
  const properties = (schema['properties'] ?? {}) as Readonly<Record<string, Schema>>
  const required = (schema['required'] ?? []) as readonly string[]
  const { additionalProperties: more } = schema
  const members = Object.entries(properties).map(([name, part]) =>
    member(name, part, required.includes(name)),
  )
  // Only where a schema says so: an answer may always have more fields, and that is no reason to
  // let a misspelt one pass.
  const isOpen = more === true || (typeof more === 'object' && more !== null)
  if (members.length === 0 && !isOpen) {
    return more === false
      ? '{ readonly [field: string]: never }'
      : '{ readonly [field: string]: unknown }'
  }
  const known = members.length > 0 && more !== true
  const rest = isOpen
    ? `readonly [field: string]: ${more === true || known ? 'unknown' : typeOf(more as Schema)}`
    : null
  return braces([...members, ...(rest === null ? [] : [rest])])
}

/** A parameter; callers may give undefined for one that they leave out. */
function parameter(each: Parameter): string {
  return `${member(each.name, { ...each.schema, description: each.description }, false)} | undefined`
}

function member(name: string, schema: Schema, isRequired: boolean): string {
  const key = /^[A-Za-z_$][\w$]*$/.test(name) ? name : quoted(name)
  return `${comment(schema)}readonly ${key}${isRequired ? '' : '?'}: ${typeOf(schema)}`
}

function union(types: readonly string[]): string {
  return [...new Set(types)].join(' | ')
}

function valueType(value: unknown): string {
  return typeof value === 'string' ? quoted(value) : JSON.stringify(value)
}

function quoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
}

function comment({ description }: Schema): string {
  return typeof description === 'string' && description !== ''
    ? `/** ${description.replaceAll('*/', '*\\/')} */\n`
    : ''
}
