import { type Html, html, inline } from '../html.ts'
import type { JsonSchema } from '../route.ts'

/** Shapes nested deeper than this are named, not shown. */
const DEPTH = 6

/** The members of a schema as nested lists; what it refers to is looked up in `schemas`. */
export function schemaView(
  schema: JsonSchema,
  schemas: Readonly<Record<string, JsonSchema>>,
): Html {
  function resolve(part: JsonSchema): {
    readonly name: string | null
    readonly schema: JsonSchema
  } {
    const { $ref } = part
    if (typeof $ref !== 'string') return { name: null, schema: part }
    const name = $ref.split('/').at(-1) ?? ''
    return { name, schema: schemas[name] ?? {} }
  }

  function typeName(part: JsonSchema): string {
    const { name, schema: found } = resolve(part)
    if (name !== null) return name
    const { anyOf, oneOf, const: only, enum: values, items, type } = found
    if (only !== undefined) return JSON.stringify(only)
    if (Array.isArray(values)) return [...new Set(values.map(typeOfValue))].join(' or ')
    const choices = listOf(anyOf ?? oneOf)
    if (choices.length > 0 && type === undefined) return choices.map(typeName).join(' or ')
    const types = (Array.isArray(type) ? type : [type]) as unknown[]
    return types
      .map((each) =>
        each === 'array'
          ? `array of ${typeName((items ?? {}) as JsonSchema)}`
          : typeof each === 'string'
            ? each
            : 'any',
      )
      .join(' or ')
  }

  /** The parts of a schema that have members of their own. */
  function inner(part: JsonSchema, seen: readonly string[]): Html | null {
    const { name, schema: found } = resolve(part)
    if ((name !== null && seen.includes(name)) || seen.length >= DEPTH) return null
    const within = [...seen, name ?? '']
    const properties = Object.entries((found['properties'] ?? {}) as Record<string, JsonSchema>)
    const required = (found['required'] ?? []) as readonly string[]
    const more = found['additionalProperties']
    const items = found['items']
    const choices = listOf(found['anyOf'] ?? found['oneOf'])
    if (properties.length > 0) {
      const rows = properties.map(([key, each]) => row(key, each, required.includes(key), within))
      return html`<ul class="members">${rows}</ul>`
    }
    if (isSchema(items)) return inner(items, within)
    if (isSchema(more)) return html`<ul class="members">${[row('…', more, false, within)]}</ul>`
    const shown = choices.flatMap((choice) => {
      const view = inner(choice, within)
      return view === null ? [] : [view]
    })
    return shown.length === 0 ? null : html`${shown}`
  }

  function row(key: string, part: JsonSchema, isRequired: boolean, seen: readonly string[]): Html {
    const { schema: found } = resolve(part)
    const description = part['description'] ?? found['description']
    const values = found['enum']
    const nested = inner(part, seen)
    const head = html`<span class="key">${key}</span> <span class="type">${typeName(part)}</span>${
      isRequired ? html` <span class="required">required</span>` : null
    }`
    const text = [
      typeof description === 'string' ? description : '',
      Array.isArray(values) && values.length <= 24
        ? `One of ${values.map((value) => `\`${String(value)}\``).join(', ')}.`
        : '',
      part['default'] === undefined ? '' : `Default: \`${JSON.stringify(part['default'])}\`.`,
    ]
      .filter((each) => each !== '')
      .join(' ')
    const doc = text === '' ? null : html`<div class="doc">${inline(text)}</div>`
    return nested === null
      ? html`<li><div class="head">${head}</div>${doc}</li>`
      : html`<li><details><summary class="head">${head}</summary>${nested}</details>${doc}</li>`
  }

  return inner(schema, []) ?? html`<p class="type">${typeName(schema)}</p>`
}

function typeOfValue(value: unknown): string {
  return value === null ? 'null' : typeof value
}

function listOf(value: unknown): readonly JsonSchema[] {
  return Array.isArray(value) ? (value as JsonSchema[]) : []
}

function isSchema(value: unknown): value is JsonSchema {
  return typeof value === 'object' && value !== null && Object.keys(value).length > 0
}
