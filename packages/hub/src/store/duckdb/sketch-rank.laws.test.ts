import fc from 'fast-check'
import { expect, test } from 'vitest'
import { shareUnits } from './render-sql.ts'
import { SketchRank } from './sketch-rank.ts'

const pair = fc.tuple(
  fc.oneof(
    fc.integer({ min: -3, max: 3 }),
    fc.integer({ min: 250, max: 260 }),
    fc.constantFrom(-32_768, -20_000, 32_767),
  ),
  fc.integer({ min: 1, max: 40 }),
)
const share = fc.constantFrom(0, 0.07, 0.1, 0.5, 0.55, 0.95, 0.99, 1)

test('the bin at a share is that of the value at its nearest rank, group after group', () => {
  const ranks = new SketchRank()
  fc.assert(
    fc.property(
      fc.array(pair, { maxLength: 30 }),
      fc.array(share, { minLength: 1, maxLength: 3 }),
      (pairs, qs) => {
        const values = pairs.flatMap(([bin, n]) => Array.from({ length: n }, () => bin))
        values.sort((a, b) => a - b)
        const found = ranks.binsAt(
          Int16Array.from(pairs, ([bin]) => bin),
          Float64Array.from(pairs, ([, n]) => n),
          qs.map(shareUnits),
        )
        const wanted = qs.map((q) => {
          const reaches = (_: number, i: number): boolean =>
            BigInt(i + 1) * 10n ** 12n >= BigInt(values.length) * shareUnits(q)
          return values.find(reaches) ?? null
        })
        expect(found).toEqual(wanted)
      },
    ),
  )
})
