import type { JsonSchema } from '../route.ts'

/** Keywords whose value is a schema, a list of schemas, or schemas by name. */
const ONE = ['items', 'additionalProperties', 'not']
const LIST = ['anyOf', 'oneOf', 'allOf', 'prefixItems']
const NAMED = ['properties', 'patternProperties']

/** Turns a schema into one that refers to components; these collect in `schemas`. */
export interface Components {
  readonly schemas: Record<string, JsonSchema>
  readonly refer: (schema: JsonSchema) => JsonSchema
}

/**
 * A schema with a `title` is a component: every place that has it refers to it, so that readers and
 * generated clients know it by one name. Two schemas of one title that differ throw: that is a bug.
 */
export function createComponents(): Components {
  const schemas: Record<string, JsonSchema> = {}

  function refer(schema: JsonSchema): JsonSchema {
    const inner = mapParts(schema, refer)
    const { title } = inner
    if (typeof title !== 'string') return inner
    const known = schemas[title]
    if (known !== undefined && JSON.stringify(known) !== JSON.stringify(inner)) {
      throw new TypeError(`two schemas are titled ${title}`)
    }
    schemas[title] = inner
    return { $ref: `#/components/schemas/${title}` }
  }

  return { schemas, refer }
}

function mapParts(schema: JsonSchema, map: (part: JsonSchema) => JsonSchema): JsonSchema {
  const mapped = Object.entries(schema).map(([keyword, value]) => {
    if (ONE.includes(keyword) && isSchema(value)) return [keyword, map(value)]
    if (LIST.includes(keyword) && Array.isArray(value)) {
      return [keyword, value.map((part: unknown) => (isSchema(part) ? map(part) : part))]
    }
    if (NAMED.includes(keyword) && isSchema(value)) {
      const parts = Object.entries(value).map(([name, part]) => [
        name,
        isSchema(part) ? map(part) : part,
      ])
      return [keyword, Object.fromEntries(parts) as JsonSchema]
    }
    return [keyword, value]
  })
  return Object.fromEntries(mapped) as JsonSchema
}

function isSchema(value: unknown): value is JsonSchema {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
