import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ByteReader, ByteWriter } from './bytes.ts'
import { StreamError } from './stream-error.ts'

/** Something to write, and how to read it again. */
const thing = fc.oneof(
  fc.record({ kind: fc.constant('u8' as const), value: fc.integer({ min: 0, max: 255 }) }),
  fc.record({ kind: fc.constant('i32' as const), value: fc.integer() }),
  fc.record({ kind: fc.constant('f64' as const), value: fc.double() }),
  fc.record({ kind: fc.constant('varint' as const), value: fc.maxSafeNat() }),
  fc.record({ kind: fc.constant('text' as const), value: fc.string({ unit: 'grapheme' }) }),
  fc.record({ kind: fc.constant('bytes' as const), value: fc.uint8Array() }),
)
type Thing = typeof thing extends fc.Arbitrary<infer T> ? T : never

function write(out: ByteWriter, { kind, value }: Thing): void {
  if (kind === 'text') out.text(value)
  else if (kind === 'bytes') out.bytes(value)
  else out[kind](value)
}

const damaged = expect.objectContaining({ code: 'bad_snapshot' })

describe('bytes', () => {
  it('read back what was written, and nothing from less', () => {
    fc.assert(
      fc.property(fc.array(thing, { minLength: 1, maxLength: 60 }), (things) => {
        const out = new ByteWriter()
        for (const one of things) write(out, one)
        const bytes = out.finish()
        expect(out.length).toBe(bytes.length)
        const from = new ByteReader(bytes)
        for (const { kind, value } of things) expect(from[kind]()).toStrictEqual(value)
        expect(from.left).toBe(0)
        expect(() => from.u8()).toThrow(damaged)
        const cut = new ByteReader(bytes.slice(0, -1))
        expect(() => {
          for (const { kind } of things) cut[kind]()
        }).toThrow(damaged)
      }),
      { numRuns: 300 },
    )
  })

  it('hold arrays of doubles', () => {
    const out = new ByteWriter()
    out.f64s(Float64Array.of(1, Number.NEGATIVE_INFINITY, -0, 4), 1, 4)
    const into = new Float64Array(5)
    new ByteReader(out.finish()).f64s(into, 2, 5)
    expect([...into]).toStrictEqual([0, 0, Number.NEGATIVE_INFINITY, -0, 4])
  })

  it('refuse numbers that are not whole, lengths beyond the end, and what is not UTF-8', () => {
    const out = new ByteWriter()
    expect(() => out.varint(-1)).toThrow(StreamError)
    expect(() => out.varint(0.5)).toThrow(StreamError)
    expect(() => out.varint(2 ** 53)).toThrow(StreamError)
    out.varint(100)
    expect(() => new ByteReader(out.finish()).count()).toThrow(damaged)
    expect(() => new ByteReader(out.finish()).bytes()).toThrow(damaged)
    expect(() => new ByteReader(Uint8Array.of(1, 0xff)).text()).toThrow(damaged)
    expect(() => new ByteReader(new Uint8Array(12).fill(0xff)).varint()).toThrow(damaged)
    expect(new ByteReader(Uint8Array.of(2, 7, 7)).count()).toBe(2)
  })
})
