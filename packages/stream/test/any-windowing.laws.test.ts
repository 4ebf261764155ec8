import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { anySteps, anyWindowing, outputs } from './model/any-windowing.ts'

const PLAIN = { path: 'fast', restarts: false, single: false } as const

describe('any windowing', () => {
  it('gives the same with a restart after every step', () => {
    fc.assert(
      fc.property(anyWindowing, anySteps, (windowing, script) => {
        expect(outputs(windowing, script, { ...PLAIN, restarts: true })).toEqual(
          outputs(windowing, script, PLAIN),
        )
      }),
      { numRuns: 400 },
    )
  })

  it('gives the same when every row is a batch', () => {
    fc.assert(
      fc.property(anyWindowing, anySteps, (windowing, script) => {
        expect(outputs(windowing, script, { ...PLAIN, single: true })).toEqual(
          outputs(windowing, script, PLAIN),
        )
      }),
      { numRuns: 400 },
    )
  })

  it('gives the same on the general way', () => {
    fc.assert(
      fc.property(anyWindowing, anySteps, (windowing, script) => {
        expect(outputs(windowing, script, { ...PLAIN, path: 'general' })).toEqual(
          outputs(windowing, script, PLAIN),
        )
      }),
      { numRuns: 400 },
    )
  })

  it('forgets everything at the end', () => {
    fc.assert(
      fc.property(anyWindowing, anySteps, (windowing, script) => {
        const [end = ''] = outputs(windowing, script, PLAIN).slice(-1)
        expect(end).toContain('"keys":0,"open":0')
      }),
      { numRuns: 200 },
    )
  })
})
