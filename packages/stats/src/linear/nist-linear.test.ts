import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { regress } from './least-squares.ts'
import { matrixOfRows } from './matrix.ts'

const shared =
  process.env['LLMHUB_SHARED_DATA'] ??
  path.resolve(import.meta.dirname, '../../../../../shared/data')

/** Correct digits of a value. */
function digits(told: number | null, truth: number): number {
  const error = truth === 0 ? Math.abs(told ?? 1) : Math.abs(((told ?? Number.NaN) - truth) / truth)
  return error === 0 ? 16 : Math.min(16, -Math.log10(error))
}

/**
 * The linear problems of the NIST Statistical Reference Datasets: least digits of coefficients, of their errors, and of the
 * residual deviation, that are asked of doubles; 0 where the certified value is 0.
 */
const PROBLEMS = [
  { name: 'Norris', degree: 1, intercept: true, asked: [12, 11, 11] },
  { name: 'NoInt1', degree: 1, intercept: false, asked: [13, 13, 13] },
  { name: 'Longley', degree: 0, intercept: true, asked: [11, 11, 11] },
  { name: 'Filip', degree: 10, intercept: true, asked: [6, 6, 7] },
  { name: 'Wampler1', degree: 5, intercept: true, asked: [8, 0, 0] },
  { name: 'Wampler4', degree: 5, intercept: true, asked: [8, 11, 11] },
] as const

describe('NIST linear regression', () => {
  it.for(PROBLEMS)('$name', ({ name, degree, intercept, asked }, context) => {
    const file = path.join(shared, 'nist-strd', `${name}.dat`)
    if (!existsSync(file)) return context.skip(`there is no ${file}`)
    const lines = readFileSync(file, 'utf8').split('\n')
    const range = lines
      .slice(0, 10)
      .join(' ')
      .match(/Data\s+\(lines (\d+) to (\d+)\)/)
    const rows = lines
      .slice(Number(range?.[1]) - 1, Number(range?.[2]))
      .map((line) => line.trim().split(/\s+/).map(Number))
    const certified = lines
      .map((line) => line.trim().split(/\s+/))
      .filter(([label = '', ...rest]) => /^B\d+$/.test(label) && rest.length === 2)
      .map(([, value, error]) => [Number(value), Number(error)] as const)
    const deviation = Number(
      lines
        .find((line) => /Standard Deviation\s+[\d.]/.test(line))
        ?.trim()
        .split(/\s+/)
        .at(-1),
    )
    const x = rows.map(([, ...rest]) =>
      degree === 0 ? rest : Array.from({ length: degree }, (_, k) => (rest[0] ?? 0) ** (k + 1)),
    )
    const fit = regress(
      matrixOfRows(x),
      rows.map(([y = 0]) => y),
      { intercept },
    )
    expect(fit.coefficients).toHaveLength(certified.length)
    const found = [
      Math.min(...fit.coefficients.map(({ value }, i) => digits(value, certified[i]?.[0] ?? 0))),
      Math.min(
        ...fit.coefficients.map(({ standardError }, i) =>
          digits(standardError, certified[i]?.[1] ?? 0),
        ),
      ),
      digits(fit.residualDeviation, deviation),
    ]
    console.log(
      `${name}: correct digits of coefficients, errors, deviation: ${found.map((d) => d.toFixed(1)).join(', ')}`,
    )
    for (const [i, least] of asked.entries()) expect(found[i]).toBeGreaterThanOrEqual(least)
  })
})
