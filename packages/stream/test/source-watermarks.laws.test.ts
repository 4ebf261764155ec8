import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  ByteReader,
  ByteWriter,
  type SourceWatermarkOptions,
  SourceWatermarks,
} from '../src/index.ts'

const LAG = 5
const PARTITIONS = ['p', 'q', 'r']

type Step =
  | { readonly partition: number; readonly times: readonly number[] }
  | { readonly pass: number }
  | { readonly block: boolean }

const events = fc.record({
  partition: fc.nat({ max: 2 }),
  times: fc.array(fc.integer({ min: 0, max: 200 }), { minLength: 1, maxLength: 4 }),
})
const pass = fc.record({ pass: fc.integer({ min: 0, max: 30 }) })
const block = fc.record({ block: fc.boolean() })
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof({ weight: 4, arbitrary: events }, { weight: 2, arbitrary: pass }, block),
  { maxLength: 40 },
)

/** What is known of a source after a step. */
interface Seen {
  readonly watermark: number
  readonly idle: boolean
  readonly paused: readonly string[]
}

/** Runs a script with all partitions known from the start; calls `look` after every step. */
function run(
  options: Omit<SourceWatermarkOptions, 'watermark'>,
  script: readonly Step[],
  restarts: boolean,
): Seen[] {
  const made = (): SourceWatermarks =>
    new SourceWatermarks({ watermark: { type: 'bounded', lag: LAG }, ...options })
  let source = made()
  for (const name of PARTITIONS) source.add(name)
  let now = 0
  let blocked = false
  return script.map((step) => {
    if ('pass' in step) source.tick((now += step.pass))
    else if ('block' in step) source.block((blocked = step.block), now)
    else {
      const times = Float64Array.from(step.times)
      const rows = Int32Array.from(step.times.keys())
      const admitted = source.admit(times, rows, rows.length, now)
      source.observe(PARTITIONS[step.partition] ?? '', times, admitted.rows, admitted.count, now)
    }
    if (restarts) {
      const out = new ByteWriter()
      source.write(out)
      source = made()
      source.read(new ByteReader(out.finish()))
      // Whoever keeps the source from speaking says so again: the one who did before is gone.
      if (blocked) source.block(true, now)
    }
    return { watermark: source.watermark, idle: source.idle, paused: source.paused().toSorted() }
  })
}

/** Greatest time of each partition after each step, less the lag. */
function heard(script: readonly Step[]): number[][] {
  const greatest = PARTITIONS.map(() => Number.NEGATIVE_INFINITY)
  return script.map((step) => {
    if ('times' in step) {
      greatest[step.partition] = Math.max(
        greatest[step.partition] ?? Number.NEGATIVE_INFINITY,
        ...step.times,
      )
    }
    return greatest.map((time) => time - LAG)
  })
}

describe('the watermark of a source', () => {
  it('is the least of its partitions while none is left out', () => {
    fc.assert(
      fc.property(steps, (script) => {
        const wanted = heard(script).map((all) => Math.min(...all))
        expect(run({}, script, false).map(({ watermark }) => watermark)).toEqual(wanted)
      }),
    )
  })

  it('never goes back and never passes the greatest, whoever falls silent', () => {
    fc.assert(
      fc.property(steps, (script) => {
        const all = heard(script)
        let before = Number.NEGATIVE_INFINITY
        for (const [i, { watermark }] of run({ idleAfter: 10 }, script, false).entries()) {
          expect(watermark).toBeGreaterThanOrEqual(before)
          expect(watermark).toBeLessThanOrEqual(Math.max(...(all[i] ?? [])))
          before = watermark
        }
      }),
    )
  })

  it('does not change with restarts', () => {
    fc.assert(
      fc.property(steps, (script) => {
        const options = { idleAfter: 10, maxDrift: 20, maxFuture: 100 }
        expect(run(options, script, true)).toEqual(run(options, script, false))
      }),
    )
  })

  it('is that of the only one who speaks, once the others have been silent for long', () => {
    fc.assert(
      fc.property(steps, (script) => {
        const alone = script.flatMap((step): Step[] =>
          'block' in step ? [] : 'pass' in step ? [step] : [{ ...step, partition: 0 }],
        )
        let now = 0
        // Silence is measured from when the clock is first told.
        let since = Number.NaN
        let isSilent = false
        const own = heard(alone).map(([first = Number.NaN]) => first)
        const wanted = alone.map((step, i) => {
          if ('pass' in step) {
            now += step.pass
            if (Number.isNaN(since)) since = now
            if (now - since > 10) isSilent = true
          }
          return isSilent ? own[i] : Number.NEGATIVE_INFINITY
        })
        expect(run({ idleAfter: 10 }, alone, false).map(({ watermark }) => watermark)).toEqual(
          wanted,
        )
      }),
    )
  })

  it('is not moved by events too far ahead of the clock', () => {
    fc.assert(
      fc.property(steps, fc.integer({ min: 0, max: 60 }), (script, maxFuture) => {
        let now = 0
        const kept = script.map((step): Step => {
          if ('pass' in step) now += step.pass
          if (!('times' in step)) return step
          return { ...step, times: step.times.filter((time) => time <= now + maxFuture) }
        })
        const watermarks = (
          list: readonly Step[],
          options: Omit<SourceWatermarkOptions, 'watermark'>,
        ) => run(options, list, false).map(({ watermark }) => watermark)
        expect(watermarks(script, { maxFuture })).toEqual(watermarks(kept, {}))
      }),
    )
  })
})

describe('silence', () => {
  it('does not count while we ourselves keep the source from speaking', () => {
    const script: Step[] = [
      { partition: 0, times: [100] },
      { partition: 1, times: [50] },
      { partition: 2, times: [60] },
      { block: true },
      { pass: 1_000 },
      { block: false },
      { pass: 5 },
    ]
    expect(run({ idleAfter: 10 }, script, false).at(-1)?.watermark).toBe(45)
    const free = script.filter((step) => !('block' in step))
    expect(run({ idleAfter: 10 }, free, false).at(-1)).toEqual({
      watermark: 95,
      idle: true,
      paused: [],
    })
  })

  it('of a partition that runs ahead is ours when we paused it', () => {
    const script: Step[] = [
      { partition: 0, times: [200] },
      { partition: 1, times: [50] },
      { partition: 2, times: [60] },
    ]
    expect(run({ maxDrift: 20 }, script, false).at(-1)?.paused).toEqual(['p'])
  })
})
