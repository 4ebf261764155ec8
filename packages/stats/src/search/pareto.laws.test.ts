import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createRandom } from '../random/generator.ts'
import { StatsError } from '../stats-error.ts'
import { hypervolume, paretoFront } from './pareto.ts'

const costs = (k: number) =>
  fc.array(fc.array(fc.integer({ min: 0, max: 6 }), { minLength: k, maxLength: k }), {
    maxLength: 25,
  })
const dominates = (a: readonly number[], b: readonly number[]): boolean =>
  a.every((x, i) => x <= (b[i] as number)) && a.some((x, i) => x < (b[i] as number))

describe('paretoFront', () => {
  it('is what nothing dominates, by definition', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 4 }).chain(costs), (list) => {
        const expected = list.flatMap((own, i) =>
          list.some((other) => dominates(other, own)) ? [] : [i],
        )
        expect(paretoFront(list)).toEqual(expected)
      }),
    )
  })
})

describe('hypervolume', () => {
  it.each([2, 3])('counts the unit cells that are dominated: %d costs', (k) => {
    fc.assert(
      fc.property(costs(k), (list) => {
        let cells = 0
        const grid = Array.from({ length: 7 ** k }, (_, i) =>
          Array.from({ length: k }, (_unused, j) => Math.floor(i / 7 ** j) % 7),
        )
        for (const cell of grid)
          if (list.some((cost) => cost.every((x, j) => x <= (cell[j] as number)))) cells++
        expect(
          hypervolume(
            list,
            Array.from({ length: k }, () => 7),
          ),
        ).toBeCloseTo(cells, 9)
      }),
      { numRuns: 60 },
    )
  })

  it('does not change by what is dominated, and grows by what is not', () => {
    const random = createRandom(2)
    const list = Array.from({ length: 30 }, () => [random(), random(), random()])
    const front = paretoFront(list).map((i) => list[i] as number[])
    const reference = [1.1, 1.1, 1.1]
    expect(hypervolume(front, reference)).toBeCloseTo(hypervolume(list, reference), 12)
    expect(hypervolume([...front, [0, 0.5, 0.5]], reference)).toBeGreaterThan(
      hypervolume(front, reference),
    )
  })

  it('refuses other numbers of costs', () => {
    expect(hypervolume([], [1, 1])).toBe(0)
    expect(() => hypervolume([[1]], [2])).toThrow(StatsError)
    expect(() => hypervolume([[1, 2]], [2, 2, 2])).toThrow(StatsError)
    expect(() => paretoFront([[1, Number.NaN]])).toThrow(StatsError)
  })
})
