import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { sampleNormal } from '../random/continuous.ts'
import { samplePoisson } from '../random/counts.ts'
import { createRandom } from '../random/generator.ts'
import { type Anomaly, rarityOfSeverity, severityOf } from './anomaly.ts'
import { detectAnomalies } from './detect-anomalies.ts'
import { AnomalyDetector, detector } from './detector.ts'
import type { DetectorOptions } from './detector-options.ts'

const STEP = 60_000

function noise(seed: number, length: number): Float64Array {
  const random = createRandom(seed)
  return Float64Array.from({ length }, () => sampleNormal(random, 100, 5))
}

/** Noise in which nothing is told, so that what is put in is all there is. */
function calmNoise(seed: number, length: number): Float64Array {
  for (let other = seed; ; other += 100) {
    const values = noise(other, length)
    if (told(values).length === 0) return values
  }
}

function told(values: ArrayLike<number>, options: DetectorOptions = {}): Anomaly[] {
  const one = detector({ seasons: [], ...options })
  return Array.from(values, (value, i) => one.update(i * STEP, value)).filter(
    (anomaly) => anomaly !== null,
  )
}

describe('a detector', () => {
  it('tells a spike and a drop, with what was expected', () => {
    const values = calmNoise(1, 600)
    values[400] = 180
    const [spike] = told(values).filter(({ time }) => time === 400 * STEP)
    expect(spike).toMatchObject({ type: 'spike', change: 'opened', value: 180, since: 400 * STEP })
    expect(Math.abs((spike?.expected ?? 0) - 100)).toBeLessThan(3)
    expect(spike?.interval[1]).toBeLessThan(130)
    expect(spike?.severity).toBe(severityOf(spike?.score ?? 0))
    values[400] = 20
    expect(told(values).find(({ time }) => time === 400 * STEP)?.type).toBe('drop')
  })

  it('tells nothing while it learns', () => {
    const values = noise(2, 30)
    values[20] = 1e6
    expect(told(values)).toEqual([])
    const one = detector()
    expect(one.learning).toBe(true)
    expect(one.event).toBeNull()
  })

  it('takes an anomaly for no lesson: the next one is as unusual', () => {
    const values = calmNoise(3, 1_400)
    for (const at of [600, 900, 1_200]) values[at] = 200
    const spikes = told(values).filter(({ value }) => value === 200)
    expect(spikes.map(({ time }) => time / STEP)).toEqual([600, 900, 1_200])
    expect(Math.abs((spikes[2]?.expected ?? 0) - 100)).toBeLessThan(3)
  })

  it('tells a level shift as one event, and takes it for the new level', () => {
    const values = calmNoise(4, 900).map((value, i) => (i < 500 ? value : value + 60))
    const one = detector({ seasons: [] })
    const all = Array.from(values, (value, i) => one.update(i * STEP, value))
    const found = all.filter((anomaly) => anomaly !== null && anomaly.time >= 500 * STEP)
    expect(found[0]?.time).toBe(500 * STEP)
    expect(found.some((anomaly) => anomaly?.type === 'level shift')).toBe(true)
    expect(new Set(found.map((anomaly) => anomaly?.event)).size).toBe(1)
    expect(Math.abs(one.expectation.expected - 160)).toBeLessThan(5)
  })

  it('merges alarms into one event and tells only what is rarer', () => {
    const values = calmNoise(5, 700)
    values.set([150, 151, 149, 400], 500)
    const found = told(values).filter(({ time }) => time >= 500 * STEP && time < 510 * STEP)
    expect(found[0]?.change).toBe('opened')
    expect(found.slice(1).every(({ change }) => change === 'escalated')).toBe(true)
    expect(found.length).toBeLessThan(4)
  })

  it('tells small counts by their law', () => {
    const random = createRandom(6)
    const counts = Float64Array.from({ length: 800 }, () => samplePoisson(random, 0.3))
    counts[600] = 9
    const found = told(counts, { metric: 'count' }).find(({ time }) => time === 600 * STEP)
    expect(found?.type).toBe('frequency')
    expect(found?.severity).toBeGreaterThan(60)
  })

  it('tells an absence once, after a silence that the gaps do not allow', () => {
    const one = detector()
    for (let i = 0; i < 50; i++) one.update(i * STEP, 1)
    expect(one.absent(50 * STEP)).toBeNull()
    const absence = one.absent(56 * STEP)
    expect(absence).toMatchObject({ type: 'absence', change: 'opened', since: 50 * STEP })
    expect(one.absent(57 * STEP)).toBeNull()
    one.update(58 * STEP, 1)
    expect(one.absent(70 * STEP)?.event).toBe(2)
  })

  it('looks at the direction and the size that are of interest', () => {
    const values = calmNoise(7, 600)
    values[400] = 20
    const at = (options: DetectorOptions) =>
      told(values, options).some(({ time, type }) => time === 400 * STEP && type === 'drop')
    expect(at({})).toBe(true)
    expect(at({ metric: 'latency' })).toBe(false)
    expect(at({ leastChange: 200 })).toBe(false)
    expect(at({ leastRelativeChange: 0.5 })).toBe(true)
  })

  it('learns a season and finds what is usual at another time of it', () => {
    const random = createRandom(8)
    const day = (i: number) => 100 + 50 * Math.sin((2 * Math.PI * i) / 288)
    const values = Float64Array.from({ length: 288 * 10 }, (_, i) =>
      sampleNormal(random, day(i), 2),
    )
    const at = 288 * 9 + 216
    values[at] = 100
    const one = detector()
    let found: Anomaly | null = null
    for (const [i, value] of values.entries()) {
      const anomaly = one.update(i * 300_000, value)
      if (i === at) found = anomaly
    }
    expect(one.season).toBe(86_400_000)
    expect(found?.type).toBe('spike')
    expect(Math.abs((found?.expected ?? 0) - 50)).toBeLessThan(4)
  })

  it('goes on from a snapshot as if it had not stopped', () => {
    const values = noise(9, 700)
    values.set([160, 170], 400)
    values.set([150, 300], 650)
    const options = { metric: 'count', seasons: [6 * 3_600_000] } as const
    const whole = detector(options)
    const first = detector(options)
    for (let i = 0; i < 410; i++) {
      whole.update(i * STEP, values[i] as number)
      first.update(i * STEP, values[i] as number)
    }
    const state = JSON.parse(JSON.stringify(first.state())) as ReturnType<typeof first.state>
    const second = AnomalyDetector.from(state, options)
    for (let i = 410; i < 700; i++) {
      expect(second.update(i * STEP, values[i] as number)).toEqual(
        whole.update(i * STEP, values[i] as number),
      )
    }
    expect(second.state()).toEqual(whole.state())
    expect(AnomalyDetector.from(detector().state()).state()).toEqual(detector().state())
  })

  it('holds no more than 4,096 bytes besides seasons', () => {
    expect(detector({ metric: 'count' }).bytes).toBeLessThanOrEqual(4_096)
  })

  it('leaves out what is late, and takes what is no number for missing', () => {
    const values = noise(10, 300)
    const plain = detector()
    const odd = detector()
    for (const [i, value] of values.entries()) {
      plain.update(i * STEP, value)
      odd.update(i * STEP, value)
      odd.update(i * STEP - 1, 1e9)
      odd.update(i * STEP, Number.NaN)
      odd.update(i * STEP, Number.NEGATIVE_INFINITY)
    }
    expect(odd.expectation).toEqual(plain.expectation)
    expect(odd.event).toEqual(plain.event)
  })

  it('refuses options and times that mean nothing', () => {
    expect(() => detector({ threshold: 0 })).toThrow('options.threshold')
    expect(() => detector({ seasons: [0] })).toThrow('options.seasons[0]')
    expect(() => detector({ acceptAfter: 1 })).toThrow('options.acceptAfter')
    expect(() => detector().update(Number.NaN, 1)).toThrow('time')
  })

  it('gives a constant series a bounded severity at its first change', () => {
    const values = new Float64Array(400).fill(7)
    values[300] = 8
    const one = detector({ threshold: 1 })
    const all = Array.from(values, (value, i) => one.update(i * STEP, value))
    expect(all.slice(0, 300).every((anomaly) => anomaly === null)).toBe(true)
    expect(all[300]?.type).toBe('spike')
    expect(all[300]?.severity).toBeLessThan(100)
  })
})

describe('a detector of stationary noise', () => {
  const found = (series: Iterable<readonly [values: Float64Array, from: number]>): number => {
    let count = 0
    for (const [values, from] of series) {
      const one = detector({ seasons: [] })
      let hit = false
      for (const [i, value] of values.entries())
        if (one.update(i * STEP, value) !== null && i >= from) hit = true
      if (hit) count++
    }
    return count
  }

  it('finds a spike of six deviations after 500 values, and the next one a week later', () => {
    const runs = Array.from({ length: 100 }, (_, seed) => {
      const values = noise(seed + 1_000, seed % 2 === 0 ? 541 : 2_600)
      values[values.length - 1] = 130
      if (seed % 2 === 1) values[540] = 130
      return [values, values.length - 1] as const
    })
    expect(found(runs)).toBeGreaterThanOrEqual(95)
  })

  it('finds a shift of three deviations by its fifth value', () => {
    const runs = Array.from({ length: 100 }, (_, seed) => {
      const values = noise(seed + 2_000, 605)
      for (let i = 600; i < 605; i++) values[i] = (values[i] as number) + 15
      return [values, 600] as const
    })
    expect(found(runs)).toBeGreaterThanOrEqual(90)
  })

  it('opens no more than an event in a week of four, few of them by single values', () => {
    const random = createRandom(31)
    const types = new Map<string, number>()
    for (let run = 0; run < 20; run++) {
      const one = detector({ seasons: [] })
      for (let i = 0; i < 8_064; i++) {
        const anomaly = one.update(i * STEP, sampleNormal(random))
        if (anomaly?.change === 'opened')
          types.set(anomaly.type, (types.get(anomaly.type) ?? 0) + 1)
      }
    }
    const total = [...types.values()].reduce((sum, n) => sum + n, 0)
    expect(total).toBeLessThanOrEqual(80)
    // By their severity 16, of each kind.
    expect((types.get('spike') ?? 0) + (types.get('drop') ?? 0)).toBeLessThanOrEqual(28)
    expect(types.get('level shift') ?? 0).toBeLessThanOrEqual(40)
  })

  it('says nothing of patterns before there are some to compare with', () => {
    const early = Array.from({ length: 150 }, (_, seed) => told(noise(seed + 3_000, 600)))
    expect(early.flat().filter(({ type }) => type === 'pattern')).toEqual([])
  })

  it('takes no level for new as long as values come back from it', () => {
    const values = calmNoise(42, 2_000)
    for (let i = 500; i < 2_000; i += 25) values[i] = 300
    expect(told(values).filter(({ type }) => type === 'level shift')).toEqual([])
  })

  it('finds nothing in what one value in ten does, where the others are equal', () => {
    const random = createRandom(43)
    const values = Float64Array.from({ length: 900 }, () =>
      random() < 0.1 ? sampleNormal(random, 130, 5) : sampleNormal(random, 100, 0.1),
    )
    const one = detector({ seasons: [] })
    for (const [i, value] of values.entries()) one.update(i * STEP, value)
    const { interval } = one.expectation
    expect(interval[1]).toBeGreaterThan(125)
    expect(one.update(900 * STEP, 131)).toBeNull()
  })

  it('shows a spike within the event of a pattern', () => {
    // Noise, then a flat line within it, and a spike while that is still news.
    const values = calmNoise(41, 2_000)
    values.fill(100, 1_850)
    const one = detector({ seasons: [] })
    const all = Array.from(values, (value, i) => one.update(i * STEP, value))
    const pattern = all.find((anomaly) => anomaly?.type === 'pattern')
    expect(pattern?.change).toBe('opened')
    const spike = one.update(2_000 * STEP, 180)
    expect(spike).toMatchObject({ type: 'spike', change: 'escalated', event: pattern?.event })
    expect(one.event?.type).toBe('spike')
  })
})

describe('a season', () => {
  it('is expected where it is, from the third cycle on, whatever part of it came first', () => {
    const random = createRandom(51)
    for (const start of [0, 72, 144, 216]) {
      const day = (i: number) => 100 + 30 * Math.sin((2 * Math.PI * (i + start)) / 288)
      const one = detector()
      let squares = 0
      for (let i = 0; i < 288 * 7; i++) {
        one.update(i * 300_000, sampleNormal(random, day(i), 4))
        if (i >= 288 * 5) squares += (one.expectation.expected - day(i)) ** 2
      }
      expect(one.season).toBe(86_400_000)
      expect(Math.sqrt(squares / 576)).toBeLessThan(1.4)
    }
  })
})

describe('severity', () => {
  it('is 12.5 for each factor of ten, and has an inverse', () => {
    expect(severityOf(4)).toBe(50)
    expect(severityOf(20)).toBe(100)
    expect(severityOf(-1)).toBe(0)
    expect(rarityOfSeverity(severityOf(3))).toBe(3)
  })
})

describe('any series', () => {
  it('has the same anomalies in another unit and from another zero', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 1e6 }),
        fc.constantFrom(2 ** -20, 0.5, 8, 2 ** 30),
        fc.constantFrom(0, 64, -1024),
        (seed, scale, shift) => {
          // Multiples of 1/64 stay exact under these maps, so that single precision of shares is the only rounding.
          const values = noise(seed, 420).map((value) => Math.round(64 * value) / 64)
          values[380] = 260
          const plain = told(values)
          const mapped = told(values.map((value) => scale * (value + shift)))
          const isPoint = ({ type }: Anomaly) => type !== 'pattern'
          const summary = (all: Anomaly[]) =>
            all.filter(isPoint).map(({ time, type }) => [time, type])
          expect(summary(mapped)).toEqual(summary(plain))
        },
      ),
      { numRuns: 30 },
    )
  })

  it('has an answer in finite numbers, whatever it holds', () => {
    const value = fc.oneof(
      { weight: 5, arbitrary: fc.double({ min: -1e3, max: 1e3, noNaN: true }) },
      {
        weight: 2,
        arbitrary: fc.constantFrom(
          0,
          0,
          1,
          -1,
          Number.NaN,
          1e300,
          -1e300,
          1e-300,
          Infinity,
          5e-324,
        ),
      },
    )
    const metric = fc.constantFrom('count', 'gauge', 'latency', 'ratio', 'cost')
    fc.assert(
      fc.property(
        fc.oneof(
          fc.array(value, { maxLength: 5 }),
          fc.array(value, { maxLength: 400, size: 'max' }),
          fc.tuple(value, fc.nat(500)).map(([one, n]) => Array.from({ length: n }, () => one)),
        ),
        metric,
        (values, kind) => {
          const report = detectAnomalies(values, { metric: kind as 'count', threshold: 5 })
          expect(report.severity.length).toBe(values.length)
          for (const [i, one] of values.entries()) {
            const known = Math.abs(one) <= 1e300
            for (const column of [report.expected, report.low, report.high, report.severity])
              expect(Number.isFinite(column[i])).toBe(known)
          }
          expect(report.pValue >= 0 && report.pValue <= 1).toBe(true)
          for (const { start, end, peak, severity } of report.events) {
            expect(start <= peak && peak <= end).toBe(true)
            expect(severity >= 0 && severity <= 100).toBe(true)
          }
        },
      ),
      { numRuns: 300 },
    )
  })
})

describe('anomalies of a series', () => {
  it('are events with start, end and peak, and a probability for the series', () => {
    const values = calmNoise(11, 1_000)
    values.set([160, 190, 240], 700)
    const { events, pValue, learning, warnings } = detectAnomalies(values, {
      start: 1_000,
      step: 10,
    })
    const event = events.find(({ start }) => start === 8_000)
    expect(event).toMatchObject({ end: 8_020, open: false })
    expect([160, 190, 240]).toContain(event?.peakValue)
    expect(pValue).toBeLessThan(0.01)
    expect(learning).toBe(32)
    expect(warnings).toEqual([])
    expect(detectAnomalies(noise(11, 1_000)).pValue).toBeGreaterThan(pValue)
  })

  it('find their season', () => {
    const random = createRandom(12)
    const values = Float64Array.from({ length: 24 * 30 }, (_, i) =>
      sampleNormal(random, 50 + 20 * Math.cos((2 * Math.PI * i) / 24), 1),
    )
    values[24 * 25 + 12] = 60
    const { season, events } = detectAnomalies(values, { step: 3_600_000 })
    expect(season).toBe(24 * 3_600_000)
    expect(events.some(({ peakValue, type }) => peakValue === 60 && type === 'spike')).toBe(true)
  })
})
