import { EVENT_COLUMNS, KINDS } from '@llmhub/schema'
import { expect, test } from 'vitest'
import { FIELD_NAMES, FIELDS, fieldNamed } from './dimensions.ts'
import { MEASURES } from './measures.ts'
import { semanticDocument } from './semantic.ts'

const COLUMNS: ReadonlyMap<string, string> = new Map(
  EVENT_COLUMNS.map((column) => [column.name, column.type]),
)

test('names are unique, and no measure is named like a field', () => {
  const measures = MEASURES.map((measure) => measure.name)
  expect(new Set(measures).size).toBe(measures.length)
  const fields = FIELDS.flatMap((field) => [
    field.name,
    ...field.aliases.filter((a) => a !== field.name),
  ])
  expect(new Set(fields).size).toBe(fields.length)
  expect(measures.filter((name) => FIELD_NAMES.includes(name))).toEqual([])
})

test('measures read columns that exist, of a type the aggregate can take, from kinds that exist', () => {
  const kinds = new Set<string>(KINDS.map((kind) => kind.kind))
  for (const { name, kinds: read, parts, type } of MEASURES) {
    for (const kind of read ?? []) expect(kinds, name).toContain(kind)
    for (const part of parts) {
      const column = part.fn === 'distinct' ? null : part.column
      if (column === undefined || column === null) continue
      const stored = COLUMNS.get(column)
      const allowed =
        type === 'money' && part === parts[0]
          ? ['i64']
          : part.fn === 'm2' || part.fn === 'quantile'
            ? ['f64']
            : part.fn === 'sum'
              ? ['f64', 'i64']
              : [...COLUMNS.values()]
      expect(allowed, `${name} reads ${column}`).toContain(stored)
    }
  }
})

test('what a measure sums comes from fields of its kinds, or is computed at ingest', () => {
  const derived = new Set([
    'input_tokens',
    'output_tokens',
    'cache_read_tokens',
    'cache_write_tokens',
    'reasoning_tokens',
  ])
  for (const { name, kinds, parts } of MEASURES) {
    const read = KINDS.filter(({ kind }) => kinds === null || kinds.includes(kind))
    const columns: readonly (string | undefined)[] = read.flatMap((kind) =>
      kind.fields.map((field) => ('column' in field ? field.column : undefined)),
    )
    for (const part of parts) {
      if (part.fn === 'distinct' || part.column === undefined || part.column === 'time') continue
      if (derived.has(part.column) || part.column.startsWith('cost_')) continue
      expect(columns, `${name} reads ${part.column}`).toContain(part.column)
    }
  }
})

test('fields', () => {
  expect(fieldNamed('user_id')).toMatchObject({ name: 'user', ref: { column: 'user_id' } })
  expect(fieldNamed('tag.team')).toMatchObject({
    name: 'tag.team',
    ref: { type: 'tag', key: 'team' },
  })
  expect(fieldNamed('tag.')).toBeUndefined()
  expect(fieldNamed('__proto__')).toBeUndefined()
  expect(fieldNamed('cost')).toMatchObject({ type: 'money', unit: 'USD', groups: false })
})

test('the semantic document lists every measure and dimension, and is plain JSON', () => {
  const document = semanticDocument()
  expect(JSON.parse(JSON.stringify(document))).toEqual(document)
  expect(document['measures']).toHaveLength(MEASURES.length)
  expect(document['dimensions']).toHaveLength(FIELDS.filter((field) => field.groups).length + 1)
})
