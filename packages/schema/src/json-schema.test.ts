import { Ajv2020 } from 'ajv/dist/2020.js'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { eventJsonSchema } from './json-schema.ts'
import { COMMON_FIELDS, type FieldSpec, KINDS, type KindSpec } from './kinds.ts'
import { DEFAULT_FUTURE_TOLERANCE, DEFAULT_VALIDATION_LIMITS, validateEvent } from './validate.ts'

const conforms = new Ajv2020({ strict: false, validateFormats: false }).compile(eventJsonSchema())

/** What the schema cannot say: the clock, how fields relate, what nests below them. */
const BEYOND_THE_SCHEMA = new Set([
  'future',
  'expired',
  'family_mismatch',
  'missing_event_id',
  'unsupported_version',
  'bad_time',
  'forbidden_key',
])

function accepts(event: unknown): boolean | null {
  const result = validateEvent(event, {
    now: Date.parse('2100-01-01T00:00:00Z') * 1000,
    futureTolerance: DEFAULT_FUTURE_TOLERANCE,
    oldest: null,
    requireEventId: false,
    limits: DEFAULT_VALIDATION_LIMITS,
  })
  if (result.ok) return true
  return BEYOND_THE_SCHEMA.has(result.code) ? null : false
}

/** Values of every JSON type, with those at the edges of what fields allow. */
const value = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    true,
    '',
    'ok',
    'delta',
    'granted',
    'allow',
    'high',
    '1.50',
    '-1',
    0,
    0.5,
    1,
    1.5,
    -1,
    11,
    1e7,
    2 ** 53,
  ),
  fc.constantFrom<unknown>([], ['a'], [1], {}, { a: 1 }, { input_tokens: 5 }),
)

function fieldsOf(fields: readonly FieldSpec[]): fc.Arbitrary<Record<string, unknown>> {
  const names = fields
    .flatMap((spec) => [spec.name, ...(spec.aliases ?? [])])
    .filter((name) => name !== 'timestamp')
  const required = fields.filter((spec) => spec.required === true).map((spec) => spec.name)
  const some = fc.dictionary(fc.constantFrom(...names), value, { maxKeys: 3 })
  const all = fc.record(
    Object.fromEntries(required.filter((n) => n !== 'timestamp').map((name) => [name, value])),
  )
  return fc.tuple(some, fc.option(all, { nil: {} })).map(([a, b]) => ({ ...b, ...a }))
}

describe('JSON Schema', () => {
  it.each(KINDS.map((kind: KindSpec) => [kind.kind, kind] as const))(
    'agrees with the validator on %s',
    (_name, kind) => {
      const event = fc
        .tuple(fieldsOf(COMMON_FIELDS), fieldsOf(kind.fields))
        .map(([common, payload]) => ({
          common: { timestamp: '2026-01-01T00:00:00Z', ...common },
          payload: { ...payload, type: kind.kind },
        }))
      fc.assert(
        fc.property(event, (sent) => {
          const ours = accepts(sent)
          fc.pre(ours !== null)
          expect({ sent, accepted: conforms(sent) }).toEqual({ sent, accepted: ours })
        }),
        { numRuns: 150 },
      )
    },
  )
})
