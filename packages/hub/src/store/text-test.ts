import type { FieldRef, Predicate } from './store.ts'
import { compareText } from './text-order.ts'

/** A comparison of a field with values, not with null. */
export type Comparison = Exclude<
  Extract<Predicate, { readonly field: FieldRef }>,
  { readonly op: 'is_null' }
>

/** Whether a text passes; values are compared as the store would be given them. */
export function textTest(predicate: Comparison): (text: string) => boolean {
  if (predicate.op === 'in') {
    const wanted = new Set(predicate.values.map((value) => String(value).toWellFormed()))
    return (text) => wanted.has(text)
  }
  const { op } = predicate
  const value = String(predicate.value).toWellFormed()
  switch (op) {
    case 'lt':
      return (text) => compareText(text, value) < 0
    case 'lte':
      return (text) => compareText(text, value) <= 0
    case 'gt':
      return (text) => compareText(text, value) > 0
    case 'gte':
      return (text) => compareText(text, value) >= 0
    case 'contains':
      return (text) => text.includes(value)
    case 'starts_with':
      return (text) => text.startsWith(value)
    default:
      return op satisfies never
  }
}
