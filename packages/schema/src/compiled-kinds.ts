/** The field tables in the form that validation walks: one look-up per key of an event. */

import { COMMON_FIELDS, type FieldSpec, KINDS, type KindSpec } from './kinds.ts'

/** Where a key of an object goes: the field's index, and whether the key is an alias. */
export interface Slot {
  readonly index: number
  readonly spec: FieldSpec
  readonly alias: boolean
}

export interface CompiledFields {
  readonly slots: ReadonlyMap<string, Slot>
  /** One `undefined` per field; copied for each event. */
  readonly empty: readonly undefined[]
  readonly required: readonly Slot[]
  /** Index of the `usage` field, or -1. */
  readonly usage: number
  /** Indexes of the fields without a column. */
  readonly columnless: readonly number[]
}

function compile(fields: readonly FieldSpec[]): CompiledFields {
  const slots = new Map<string, Slot>()
  const required: Slot[] = []
  for (const [index, spec] of fields.entries()) {
    const slot = { index, spec, alias: false }
    slots.set(spec.name, slot)
    if (spec.required === true) required.push(slot)
  }
  for (const [index, spec] of fields.entries()) {
    for (const alias of spec.aliases ?? []) {
      if (!slots.has(alias)) slots.set(alias, { index, spec, alias: true })
    }
  }
  const usage = fields.findIndex((spec) => spec.type === 'usage')
  const columnless = [...fields.keys()].filter((i) => fields[i]?.column === undefined)
  return { slots, empty: fields.map(() => undefined), required, usage, columnless }
}

export interface CompiledKind {
  readonly kind: KindSpec
  readonly fields: CompiledFields
}

export const COMMON: CompiledFields = compile(COMMON_FIELDS)

export const COMPILED_KINDS: ReadonlyMap<string, CompiledKind> = new Map(
  KINDS.map((kind: KindSpec) => [kind.kind, { kind, fields: compile(kind.fields) }]),
)

const indexOf = (name: string): number => COMMON_FIELDS.findIndex((spec) => spec.name === name)

/** Places of the common fields that validation looks at by name. */
export const AT = {
  eventId: indexOf('event_id'),
  timestamp: indexOf('timestamp'),
  family: indexOf('event_type'),
  schemaVersion: indexOf('schema_version'),
  tags: indexOf('tags'),
} as const
