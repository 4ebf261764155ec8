import fc from 'fast-check'
import { expect, test } from 'vitest'
import { RateLimiter } from './gcra.ts'

const steps = fc.array(fc.record({ wait: fc.nat(3000), units: fc.integer({ min: 1, max: 5 }) }), {
  minLength: 1,
  maxLength: 100,
})

test('what passes in any span is at most burst + rate × span + one request', () => {
  fc.assert(
    fc.property(steps, fc.integer({ min: 1, max: 20 }), fc.nat(10), (calls, rate, extra) => {
      const limiter = new RateLimiter(10)
      const burst = 1 + extra
      const passed: { at: number; units: number }[] = []
      let now = 0
      for (const { wait, units } of calls) {
        now += wait
        if (limiter.take('a', units, rate, burst, now) === 0) passed.push({ at: now, units })
      }
      for (let i = 0; i < passed.length; i += 1) {
        let sum = 0
        for (let j = i; j < passed.length; j += 1) {
          sum += passed[j]?.units ?? 0
          const span = ((passed[j]?.at ?? 0) - (passed[i]?.at ?? 0)) / 1000
          // The first request of a span may find the bucket full, the last may overdraw it.
          expect(sum).toBeLessThanOrEqual(burst + rate * span + 5 + 1e-6)
        }
      }
    }),
  )
})

test('after the wait it names, a request passes; a moment before, it does not', () => {
  fc.assert(
    fc.property(steps, fc.integer({ min: 1, max: 20 }), (calls, rate) => {
      const limiter = new RateLimiter(10)
      let now = 0
      for (const { units } of calls) {
        const wait = limiter.take('a', units, rate, 3, now)
        if (wait === 0) continue
        expect(limiter.wait('a', rate, 3, now + wait * 1000 - 0.5)).toBeGreaterThan(0)
        now += wait * 1000 + 1e-6
        expect(limiter.take('a', units, rate, 3, now)).toBe(0)
      }
    }),
  )
})

test('a request larger than the burst passes, and is paid for by the next', () => {
  const limiter = new RateLimiter(10)
  expect(limiter.take('a', 1000, 10, 50, 0)).toBe(0)
  expect(limiter.take('a', 1, 10, 50, 0)).toBeCloseTo(95.1, 5)
})

test('names do not share, and the memory of idle names is given up first', () => {
  const limiter = new RateLimiter(3)
  expect(limiter.take('busy', 10, 1, 1, 0)).toBe(0)
  for (const name of ['b', 'c', 'd', 'e']) expect(limiter.take(name, 1, 1000, 1, 5)).toBe(0)
  expect(limiter.names).toBeLessThanOrEqual(3)
})
