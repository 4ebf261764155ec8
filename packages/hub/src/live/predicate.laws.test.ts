import { BatchBuilder } from '@llmhub/stream'
import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import type { FieldRef, FrameCell, Predicate } from '../store/store.ts'
import { compareText } from '../store/text-order.ts'
import { maskOf } from './predicate.ts'

interface Row {
  readonly model: string | null
  readonly user_id: string | null
  readonly latency_ms: number | null
  readonly cost_total: bigint | null
  readonly tag: string | null
}

const text = fc.constantFrom('', 'a', 'ab', 'b', '\u{10000}', '\ufffd')
const optional = <T>(of: fc.Arbitrary<T>): fc.Arbitrary<T | null> => fc.option(of, { nil: null })
const row: fc.Arbitrary<Row> = fc.record({
  model: optional(text),
  user_id: optional(text),
  latency_ms: optional(fc.constantFrom(0, 1, 1.5, -2)),
  cost_total: optional(fc.constantFrom(0n, 1n, -5n, 2n ** 60n)),
  tag: optional(text),
})

const field = (name: string): FieldRef =>
  name === 'tag' ? { type: 'tag', key: 't' } : { type: 'column', column: name }
const texts = fc.constantFrom('model', 'user_id', 'tag').map(field)
const numbers = fc.constantFrom('latency_ms', 'cost_total').map(field)
const order = fc.constantFrom('lt', 'lte', 'gt', 'gte')
const number = fc.constantFrom<number | bigint>(0, 1, 1.5, -5n, 2n ** 60n)

const { predicate } = fc.letrec<{ predicate: Predicate }>((tie) => ({
  predicate: fc.oneof(
    { depthSize: 'small' },
    fc.record({ op: fc.constant('is_null' as const), field: fc.oneof(texts, numbers) }),
    fc.record({ op: fc.constant('in' as const), field: texts, values: fc.array(text) }),
    fc.record({ op: fc.constant('in' as const), field: numbers, values: fc.array(number) }),
    fc.record({ op: order, field: texts, value: text }),
    fc.record({ op: order, field: numbers, value: number }),
    fc.record({ op: fc.constantFrom('contains', 'starts_with'), field: texts, value: text }),
    fc.record({ op: fc.constant('not' as const), part: tie('predicate') }),
    fc.record({
      op: fc.constantFrom('and', 'or'),
      parts: fc.array(tie('predicate'), { maxLength: 3 }),
    }),
  ) as fc.Arbitrary<Predicate>,
}))

/** The same, one row at a time. */
function holds(of: Predicate, on: Row): boolean {
  if ('parts' in of) {
    return of.op === 'and'
      ? of.parts.every((part) => holds(part, on))
      : of.parts.some((part) => holds(part, on))
  }
  if ('part' in of) return !holds(of.part, on)
  const cell: FrameCell =
    of.field.type === 'tag' ? on.tag : (on[of.field.column as keyof Row] ?? null)
  if (of.op === 'is_null') return cell === null
  if (cell === null) return false
  if (of.op === 'in') {
    return of.values.some((value) => (typeof cell === 'string' ? cell === value : cell == value))
  }
  if (of.op === 'contains') return String(cell).includes(of.value)
  if (of.op === 'starts_with') return String(cell).startsWith(of.value)
  const { value } = of
  const sign =
    typeof cell === 'string'
      ? compareText(cell, String(value))
      : cell < value
        ? -1
        : cell > value
          ? 1
          : 0
  if (of.op === 'lt') return sign < 0
  if (of.op === 'lte') return sign <= 0
  return of.op === 'gt' ? sign > 0 : sign >= 0
}

it('finds the rows that pass one by one', () => {
  fc.assert(
    fc.property(fc.array(row, { maxLength: 20 }), predicate, (rows, wanted) => {
      const builder = new BatchBuilder([
        { name: 'model', type: 'dict' },
        { name: 'user_id', type: 'text' },
        { name: 'latency_ms', type: 'f64' },
        { name: 'cost_total', type: 'i64' },
        { name: 'tags', type: 'tags' },
      ])
      const model = builder.dict('model')
      const user = builder.text('user_id')
      const latency = builder.number('latency_ms')
      const cost = builder.int64('cost_total')
      const tags = builder.tags('tags')
      for (const each of rows) {
        const at = builder.addRow()
        if (each.model !== null) model.set(at, each.model)
        if (each.user_id !== null) user.set(at, each.user_id)
        if (each.latency_ms !== null) latency.set(at, each.latency_ms)
        if (each.cost_total !== null) cost.setBig(at, each.cost_total)
        if (each.tag !== null) tags.add(at, 't', each.tag)
      }
      const mask = maskOf(wanted, builder.finish())
      expect([...mask]).toEqual(rows.map((each) => (holds(wanted, each) ? 1 : 0)))
    }),
  )
})
