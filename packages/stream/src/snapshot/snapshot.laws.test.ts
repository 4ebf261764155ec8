import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { batchesOf } from '../pipeline/records.ts'
import { StreamError } from '../stream-error.ts'
import {
  createWindowOperator,
  restoreWindowOperator,
  type WindowOperatorOptions,
} from '../window/window-operator.ts'
import type { WindowSpec } from '../window/window-spec.ts'
import { beginSnapshot, endSnapshot, openSnapshot } from './snapshot-frame.ts'

const WINDOWS: readonly WindowSpec[] = [
  { type: 'tumbling', size: 10 },
  { type: 'session', gap: 5 },
  { type: 'session', gap: 5, longest: 20 },
  { type: 'count', size: 4 },
  { type: 'sliding', difference: 5 },
  { type: 'global' },
]

function filled(options: WindowOperatorOptions): Uint8Array {
  const operator = createWindowOperator(options)
  const records = Array.from({ length: 30 }, (_, i) => ({ time: (i * 7) % 40, key: `k${i % 5}` }))
  for (const batch of batchesOf(records)) operator.push(batch)
  operator.watermark(12)
  operator.takeResults()
  operator.takeLate()
  return operator.snapshot()
}

describe.each(WINDOWS)('a snapshot of $type windows', (window) => {
  const options: WindowOperatorOptions = {
    keys: ['key'],
    windowing: { window },
    aggregates: [{ as: 'n', aggregate: 'count' }],
  }
  const bytes = filled(options)

  it('that is damaged or cut short is refused', () => {
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const damaged = bytes.slice()
        damaged[at] = (damaged[at] ?? 0) ^ change
        expect(() => restoreWindowOperator(options, damaged)).toThrow(StreamError)
        expect(() => restoreWindowOperator(options, bytes.subarray(0, at))).toThrow(StreamError)
      }),
    )
  })

  it('gives the same snapshot again', () => {
    expect(restoreWindowOperator(options, bytes).snapshot()).toEqual(bytes)
  })

  it('of other options is refused', () => {
    for (const other of [
      { ...options, keys: [] },
      { ...options, unit: 'us' as const },
      { ...options, windowing: { window, lateness: 1 } },
      { ...options, aggregates: [{ as: 'm', aggregate: 'count' }] },
    ]) {
      expect(() => restoreWindowOperator(other, bytes)).toThrow(/other options/)
    }
  })

  it('of several instances needs one watermark, and each key in one of them', () => {
    const parts = [0, 1, 2].map((part) =>
      restoreWindowOperator(
        options,
        bytes,
        (key) => Number(String(key).slice(1)) % 3 === part,
      ).snapshot(),
    )
    const whole = restoreWindowOperator(options, parts)
    const expected = restoreWindowOperator(options, bytes)
    for (const operator of [whole, expected]) operator.end()
    const sorted = (operator: typeof whole): string[] =>
      operator
        .takeResults()
        .map((result) => JSON.stringify(result))
        .sort()
    expect(sorted(whole)).toEqual(sorted(expected))
    const ahead = restoreWindowOperator(options, bytes)
    ahead.watermark(13)
    ahead.takeResults()
    expect(() => restoreWindowOperator(options, [bytes, ahead.snapshot()])).toThrow(/one watermark/)
  })
})

describe('the frame of a snapshot', () => {
  it('tells what it is of and which version it has', () => {
    const bytes = endSnapshot(beginSnapshot('a test', { a: 1 }))
    expect(openSnapshot(bytes, 'a test', { a: 1 }).left).toBe(0)
    expect(() => openSnapshot(bytes, 'a window', { a: 1 })).toThrow(
      'a snapshot of a test, not a window',
    )
    const newer = bytes.slice()
    newer[3] = 2
    expect(() => openSnapshot(newer, 'a test', { a: 1 })).toThrow('version 2')
    expect(() => openSnapshot(new Uint8Array(0), 'a test', {})).toThrow(StreamError)
  })
})
