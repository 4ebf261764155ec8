/** JSON Schema (2020-12) of events, made from the field tables. Validators and schema agree by test. */

import { DEFAULT_VALIDATION_LIMITS } from './check-value.ts'
import { COMMON_FIELDS, CONTENT_FIELDS, type FieldSpec, KINDS, type KindSpec } from './kinds.ts'

export type JsonSchema = Readonly<Record<string, unknown>>

const { maxStringLength, maxTags, maxTagLength } = DEFAULT_VALIDATION_LIMITS
const SAFE_INTEGER = {
  type: 'integer',
  minimum: Number.MIN_SAFE_INTEGER,
  maximum: Number.MAX_SAFE_INTEGER,
}
const TEXT = { type: 'string', maxLength: maxStringLength }

function typeSchema(spec: FieldSpec): JsonSchema {
  switch (spec.type) {
    case 'string':
      return TEXT
    case 'id':
      return { anyOf: [TEXT, SAFE_INTEGER] }
    case 'number':
      return {
        type: 'number',
        ...(spec.min === undefined ? {} : { minimum: spec.min }),
        ...(spec.max === undefined ? {} : { maximum: spec.max }),
      }
    case 'count':
      return { type: 'integer', minimum: 0, maximum: Number.MAX_SAFE_INTEGER }
    case 'fraction':
      return { type: 'number', minimum: 0, maximum: 1 }
    case 'usd':
      return {
        anyOf: [
          { type: 'number', minimum: 0, maximum: 1e6 },
          { type: 'string', pattern: '^\\d{1,12}(\\.\\d{1,18})?$' },
        ],
      }
    case 'boolean':
      return { type: 'boolean' }
    case 'enum':
      return { enum: spec.values ?? [] }
    case 'strings':
      return { type: 'array', items: TEXT }
    case 'object':
    case 'usage':
      return { type: 'object' }
    case 'json':
      return {}
  }
}

function fieldSchema(spec: FieldSpec): JsonSchema {
  const known = [spec.unit === undefined ? null : `Unit: ${spec.unit}.`, aliasNote(spec)]
  const description = [spec.doc, ...known].filter((part) => part !== null).join(' ')
  const schema = typeSchema(spec)
  return spec.type === 'json' ? { description } : { description, anyOf: [schema, { type: 'null' }] }
}

function aliasNote(spec: FieldSpec): string | null {
  return spec.aliases === undefined ? null : `Also accepted as ${spec.aliases.join(', ')}.`
}

/** Required and not null, under its name or one of its aliases. */
function requirement(spec: FieldSpec): JsonSchema {
  const names = [spec.name, ...(spec.aliases ?? [])]
  const present = names.map((name) => ({
    required: [name],
    properties: { [name]: { not: { type: 'null' } } },
  }))
  return present.length === 1 ? (present[0] ?? {}) : { anyOf: present }
}

function objectSchema(fields: readonly FieldSpec[], more: JsonSchema): JsonSchema {
  const properties: Record<string, JsonSchema> = {}
  for (const spec of fields) {
    const schema = fieldSchema(spec)
    for (const name of [...(spec.aliases ?? []), spec.name]) properties[name] = schema
  }
  const required = fields.filter((spec) => spec.required === true).map(requirement)
  return {
    type: 'object',
    ...more,
    properties: { ...properties, ...(more['properties'] as object | undefined) },
    ...(required.length === 0 ? {} : { allOf: required }),
  }
}

function payloadSchema(kind: KindSpec): JsonSchema {
  return objectSchema(kind.fields, {
    title: kind.kind,
    description: kind.doc,
    required: ['type'],
    properties: { type: { const: kind.kind } },
  })
}

function commonSchema(): JsonSchema {
  const schema = objectSchema(COMMON_FIELDS, {})
  const properties = {
    ...(schema['properties'] as object),
    timestamp: {
      description:
        'ISO 8601 with a zone, or epoch seconds, milliseconds or microseconds by magnitude.',
      anyOf: [
        { type: 'string', format: 'date-time' },
        { type: 'number', minimum: 0 },
      ],
    },
    tags: {
      description: `At most ${maxTags} key and value pairs, or a list of keys.`,
      anyOf: [
        { type: 'array', maxItems: maxTags, items: { type: 'string', maxLength: maxTagLength } },
        {
          type: 'object',
          maxProperties: maxTags,
          additionalProperties: {
            anyOf: [
              { type: 'string', maxLength: maxTagLength },
              { type: 'number' },
              { type: 'boolean' },
              { type: 'null' },
            ],
          },
        },
        { type: 'null' },
      ],
    },
  }
  return { ...schema, properties }
}

/** The schema of one event of any kind. */
export function eventJsonSchema(): JsonSchema {
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $id: '/schemas/event.json',
    title: 'Event',
    description: `One event. Unknown fields are kept; content fields (${CONTENT_FIELDS.join(', ')}) are dropped unless content is switched on.`,
    type: 'object',
    required: ['common', 'payload'],
    properties: {
      common: commonSchema(),
      payload: {
        type: 'object',
        required: ['type'],
        oneOf: KINDS.map((kind) => ({ $ref: `#/$defs/${kind.kind}` })),
      },
    },
    $defs: Object.fromEntries(KINDS.map((kind) => [kind.kind, payloadSchema(kind)])),
  }
}
