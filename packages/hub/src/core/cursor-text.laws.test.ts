import fc from 'fast-check'
import { expect, it } from 'vitest'
import { type CursorPart, cursorParts, cursorText } from './cursor-text.ts'

const parts = fc.array<CursorPart>(fc.oneof(fc.maxSafeInteger(), fc.string()), { maxLength: 8 })

it('comes back as it was, with its binding alone', () => {
  fc.assert(
    fc.property(parts, fc.string(), fc.string(), (given, binding, other) => {
      const text = cursorText(given, binding)
      expect(cursorParts(text, binding)).toEqual(JSON.parse(JSON.stringify(given)))
      if (other !== binding) expect(cursorParts(text, other)).toBeNull()
    }),
  )
})

it('is refused, or the same, after any damage', () => {
  fc.assert(
    fc.property(
      parts,
      fc.nat(),
      fc.base64String({ minLength: 1, maxLength: 4 }),
      (given, at, by) => {
        const text = cursorText(given, 'list')
        const place = at % text.length
        const damaged = [
          text.slice(0, place) + by + text.slice(place + by.length),
          text.slice(0, place) + by + text.slice(place),
          text.slice(0, place),
          text.slice(place + 1),
        ]
        for (const each of damaged) {
          expect([null, JSON.stringify(given)]).toContainEqual(
            cursorParts(each, 'list') && JSON.stringify(cursorParts(each, 'list')),
          )
        }
      },
    ),
  )
})

it('is refused where it is no list of numbers and texts', () => {
  for (const text of ['', 'x', 'bnVsbA', 'e30', 'W10', 'W3t9XQ', '\u0000', 'x'.repeat(5000)]) {
    expect(cursorParts(text, 'list')).toBeNull()
  }
})
