import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { sampleNormal } from '../random/continuous.ts'
import { createRandom } from '../random/generator.ts'
import { StatsError } from '../stats-error.ts'
import { commonOnset } from './onset.ts'
import { type Metric, rankCauses } from './rank-causes.ts'
import { walkToCauses } from './walk-to-causes.ts'

/** Metrics of which each moves by so many deviations from an index on. */
function metricsOf(
  seed: number,
  moves: readonly (readonly [name: string, size: number, from?: number])[],
): Metric[] {
  const random = createRandom(seed)
  return moves.map(([name, size, from = 120]) => ({
    name,
    service: name.split(' ')[0] as string,
    values: Array.from(
      { length: 200 },
      (_, t) => 50 + sampleNormal(random) + (t >= from ? size : 0),
    ),
  }))
}

describe('rankCauses', () => {
  const metrics = metricsOf(1, [
    ['front latency', 13, 122],
    ['front cpu', 0],
    ['search latency', 8, 121],
    ['search cpu', 15],
    ['store latency', 0],
    ['store errors', 0],
  ])

  it('ranks by robust distance, metrics and services', () => {
    const { metrics: ranked, services, onset, estimated } = rankCauses(metrics, { onset: 120 })
    expect(ranked.slice(0, 3).map(({ name }) => name)).toEqual([
      'search cpu',
      'front latency',
      'search latency',
    ])
    expect(services.map(({ service }) => service)).toEqual(['search', 'front', 'store'])
    expect(ranked[0]?.before).toBeCloseTo(50, 0)
    expect(ranked[0]?.first).toBe(120)
    expect({ onset, estimated }).toEqual({ onset: 120, estimated: false })
  })

  it('finds the onset where none is told', () => {
    const { onset, estimated, services } = rankCauses(metrics)
    expect(Math.abs(onset - 121)).toBeLessThanOrEqual(2)
    expect(estimated).toBe(true)
    expect(services[0]?.service).toBe('search')
    expect(commonOnset(metrics.map(({ values }) => values))?.metrics).toBe(3)
    const quiet = metricsOf(2, [
      ['a x', 0],
      ['b y', 0],
    ])
    expect(commonOnset(quiet.map(({ values }) => values))).toBeNull()
    expect(rankCauses(quiet).warnings.join()).toContain('No metric changes')
  })

  it('hardly minds an onset that is told late', () => {
    const late = rankCauses(metrics, { onset: 150 })
    expect(late.services[0]?.service).toBe('search')
    expect(late.metrics[0]?.score).toBeGreaterThan(3)
  })

  it('follows the calls to where they end in disturbance', () => {
    const incident = metricsOf(3, [
      ['front latency', 20],
      ['orders latency', 12],
      ['store latency', 9],
      ['mail latency', 0],
      ['store cpu', 1],
    ])
    const calls = [
      ['front', 'orders'],
      ['orders', 'store'],
      ['front', 'mail'],
    ] as const
    expect(rankCauses(incident, { onset: 120 }).services[0]?.service).toBe('front')
    const { services, metrics: ranked } = rankCauses(incident, { onset: 120, calls })
    expect(services[0]?.service).toBe('store')
    expect(ranked[0]?.name).toBe('store latency')
    expect(services[1]?.service).toBe('orders')
  })

  it('walks so that the weights add up to 1, and scores decide without calls', () => {
    const scores = new Map([
      ['a', 3],
      ['b', 9],
      ['c', 0],
    ])
    const weights = walkToCauses(scores, [])
    expect([...weights.values()].reduce((sum, one) => sum + one)).toBeCloseTo(1, 12)
    expect((weights.get('b') ?? 0) / (weights.get('a') ?? 1)).toBeCloseTo(3, 9)
    const round = walkToCauses(scores, [
      ['a', 'b'],
      ['b', 'a'],
      ['b', 'gone'],
      ['a', 'a'],
    ])
    expect([...round.values()].reduce((sum, one) => sum + one)).toBeCloseTo(1, 12)
    expect([
      ...walkToCauses(
        new Map([
          ['a', 0],
          ['b', 0],
        ]),
        [],
      ).values(),
    ]).toEqual([0.5, 0.5])
  })

  it('sees a change of spread by distributions', () => {
    const random = createRandom(5)
    const spread: Metric[] = metricsOf(6, [
      ['a x', 0],
      ['b y', 0],
    ])
    const wider = Array.from(
      { length: 200 },
      (_, t) => 50 + sampleNormal(random, 0, t < 120 ? 1 : 2.5),
    )
    const all = [...spread, { name: 'c z', values: wider }]
    const { metrics: ranked } = rankCauses(all, { onset: 120, by: 'distribution' })
    expect(ranked[0]).toMatchObject({ name: 'c z', service: 'c z' })
  })

  it('bears constants, gaps and extremes; names what it left out', () => {
    const values = (of: (t: number) => number): number[] =>
      Array.from({ length: 40 }, (_, t) => of(t))
    const { metrics: ranked, warnings } = rankCauses(
      [
        { name: 'constant', values: values(() => 3) },
        { name: 'woken', values: values((t) => (t < 20 ? 0 : 7)) },
        { name: 'gone', values: values((t) => (t < 20 ? t : Number.NaN)) },
        { name: 'huge', values: values((t) => (t % 2 === 0 ? 1e300 : -1e300)) },
        { name: 'gaps', values: values((t) => (t % 3 === 0 ? Number.NaN : t % 5)) },
      ],
      { onset: 20 },
    )
    expect(ranked[0]?.name).toBe('woken')
    expect(ranked.every(({ score }) => Number.isFinite(score))).toBe(true)
    expect(warnings).toEqual(['gone is not known on both sides of the onset.'])
  })

  it('answers odd metrics in finite numbers', () => {
    const value = fc.constantFrom(
      0,
      1,
      -1,
      Number.NaN,
      1e308,
      -1e308,
      5e-324,
      Number.NEGATIVE_INFINITY,
    )
    fc.assert(
      fc.property(
        fc.array(fc.array(value, { minLength: 12, maxLength: 12 }), { minLength: 1, maxLength: 5 }),
        fc.constantFrom('shift', 'distribution' as const),
        (all, by) => {
          const table = all.map((values, i) => ({ name: `${i}`, values }))
          const calls = [
            ['0', '1'],
            ['1', '2'],
          ] as const
          const { metrics: ranked } = rankCauses(table, { by: by as 'shift', calls })
          for (const { score, before, after } of ranked)
            expect([score, before, after].every(Number.isFinite)).toBe(true)
        },
      ),
    )
  })

  it('refuses what it cannot compare', () => {
    expect(() => rankCauses([])).toThrow(StatsError)
    const [one = { name: '', values: [] }] = metrics
    expect(() => rankCauses([one, one])).toThrow('twice')
    expect(() => rankCauses([one, { name: 'x', values: [1] }])).toThrow('metrics[1].values')
    expect(() => rankCauses([one], { onset: 2 })).toThrow('options.onset')
    expect(() => rankCauses([{ name: 'x', values: [1, 2] }])).toThrow('needs 8')
    expect(() => rankCauses([one], { window: 0 })).toThrow('options.window')
  })
})
