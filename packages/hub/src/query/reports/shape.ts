/**
 * The shape of a part of a report: names of fields, each filled by a measure. From one shape follow
 * the measures to ask for, the object in the body, its units and its JSON Schema.
 */

import type { Answer, Cell } from '@llmhub/schema'
import { measureNamed } from '../measures.ts'

export interface Shape {
  readonly [field: string]: string | Shape
}

export type ShapeValue = Cell | { readonly [field: string]: ShapeValue }
export type JsonSchema = Readonly<Record<string, unknown>>

/** Names of the measures of a shape, each once. */
export function measuresOf(shape: Shape): string[] {
  const names = Object.values(shape).flatMap((part) =>
    typeof part === 'string' ? [part] : measuresOf(part),
  )
  return [...new Set(names)]
}

function mapShape<Value>(
  shape: Shape,
  leaf: (measure: string) => Value,
  node: (parts: Readonly<Record<string, Value>>) => Value,
): Value {
  return node(
    Object.fromEntries(
      Object.entries(shape).map(([field, part]) => [
        field,
        typeof part === 'string' ? leaf(part) : mapShape(part, leaf, node),
      ]),
    ),
  )
}

/** Cell of the column of that name; null where the row or the column is not there. */
export function cellAt(answer: Answer, row: readonly Cell[] | undefined, name: string): Cell {
  const at = answer.columns.findIndex((column) => column.name === name)
  return row?.[at] ?? null
}

/** The fields of a shape, from one row of an answer. */
export function fillShape(
  shape: Shape,
  answer: Answer,
  row: readonly Cell[] | undefined,
): Readonly<Record<string, ShapeValue>> {
  const filled = mapShape<ShapeValue>(
    shape,
    (measure) => cellAt(answer, row, measure),
    (parts) => parts,
  )
  return filled as Readonly<Record<string, ShapeValue>>
}

/** Unit of every field. */
export function unitsOf(shape: Shape): Readonly<Record<string, ShapeValue>> {
  const units = mapShape<ShapeValue>(
    shape,
    (measure) => measureNamed(measure)?.unit ?? '',
    (parts) => parts,
  )
  return units as Readonly<Record<string, ShapeValue>>
}

const LEAVES = {
  integer: { type: ['integer', 'string', 'null'] },
  number: { type: ['number', 'null'] },
  money: { type: ['string', 'null'], pattern: '^-?\\d+(\\.\\d+)?$' },
  time: { type: ['string', 'null'], format: 'date-time' },
} as const

/** Counts of sampled events may have fractions. */
function leafSchema(measure: string): JsonSchema {
  const spec = measureNamed(measure)
  if (spec === undefined) throw new RangeError(`report names unknown measure ${measure}`)
  const type = spec.parts[0]?.fn === 'rows' && spec.type === 'integer' ? 'number' : spec.type
  return { ...LEAVES[type], description: spec.doc }
}

/** JSON Schema of an object of the shape. */
export function schemaOf(shape: Shape): JsonSchema {
  return objectSchema(propertiesOf(shape))
}

/** Schemas of the fields of a shape, to be put beside others. */
export function propertiesOf(shape: Shape): Readonly<Record<string, JsonSchema>> {
  return Object.fromEntries(
    Object.keys(shape).map((field) => {
      const part = shape[field] ?? {}
      return typeof part === 'string' ? [field, leafSchema(part)] : [field, schemaOf(part)]
    }),
  )
}

/** One bucket of a series: its start, the fields of the shape, and whether it is complete. */
export function pointSchema(shape: Shape): JsonSchema {
  return objectSchema({
    time: { type: 'string', format: 'date-time', description: 'Start of the bucket.' },
    ...propertiesOf(shape),
    complete: {
      type: 'boolean',
      description: 'The whole bucket lies inside the range and has ended.',
    },
  })
}

/** The buckets of a series without dimensions. */
export function fillPoints(shape: Shape, answer: Answer): object[] {
  return answer.rows.map((row) => ({
    time: cellAt(answer, row, 'time'),
    ...fillShape(shape, answer, row),
    complete: cellAt(answer, row, 'complete'),
  }))
}

/** Schema of an object that has exactly these properties. */
export function objectSchema(properties: Readonly<Record<string, JsonSchema>>): JsonSchema {
  return {
    type: 'object',
    properties,
    required: Object.keys(properties),
    additionalProperties: false,
  }
}

export function arraySchema(items: JsonSchema): JsonSchema {
  return { type: 'array', items }
}
