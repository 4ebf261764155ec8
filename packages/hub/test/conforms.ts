import type { ValidateFunction } from 'ajv/dist/2020.js'
import { Ajv2020 } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import type { JsonSchema } from '../src/api/route.ts'

/** Where a value breaks a schema: one complaint each, none when all is well. */
export type Conforms = (value: unknown, schema: JsonSchema) => readonly string[]

/**
 * A check against JSON Schemas (2020-12), which may refer to the components of `document`. A keyword
 * that is no part of JSON Schema throws, for a misspelt one would let everything through.
 */
export function conformance(document: JsonSchema = {}): Conforms {
  const ajv = new Ajv2020({
    allErrors: true,
    strict: true,
    // Nothing is wrong with any of these in a schema, only unusual.
    strictTypes: false,
    strictRequired: false,
    strictTuples: false,
  })
  addFormats.default(ajv)
  // Where the components stand is the only keyword of OpenAPI that is needed here.
  ajv.addVocabulary(['components'])
  ajv.addSchema({ $id: 'openapi', components: document['components'] ?? {} })
  const validators = new Map<JsonSchema, ValidateFunction>()
  const validatorOf = (schema: JsonSchema): ValidateFunction => {
    const known = validators.get(schema)
    if (known !== undefined) return known
    const text = JSON.stringify(schema).replaceAll('"#/components', '"openapi#/components')
    const validate = ajv.compile(JSON.parse(text) as JsonSchema)
    validators.set(schema, validate)
    return validate
  }
  return (value, schema) => {
    const validate = validatorOf(schema)
    return validate(value)
      ? []
      : (validate.errors ?? []).map(
          ({ instancePath, message, params }) =>
            `${instancePath}: ${message ?? 'is wrong'} ${JSON.stringify(params)}`,
        )
  }
}

/** The check of schemas that refer to nothing. */
export const conforms: Conforms = (value, schema) => conformance()(value, schema)
