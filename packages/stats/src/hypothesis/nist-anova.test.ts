import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { oneWayAnova } from './anova.ts'

const shared =
  process.env['LLMHUB_SHARED_DATA'] ??
  path.resolve(import.meta.dirname, '../../../../../shared/data')

/** Sets of the NIST Statistical Reference Datasets, and the digits of F that doubles of their input allow. */
const SETS = [
  { name: 'SiRstvt', digits: 12 },
  { name: 'SmLs01t', digits: 12 },
  { name: 'SmLs04t', digits: 9 },
  { name: 'SmLs07t', digits: 3 },
] as const

describe('analysis of variance certified by NIST', () => {
  it.for(SETS)('$name', ({ name, digits }, context) => {
    const file = path.join(shared, 'nist-strd', `${name}.dat`)
    if (!existsSync(file)) return context.skip(`there is no ${file}`)
    const lines = readFileSync(file, 'utf8').split('\n')
    const [, from, to] = /Data\s+\(lines (\d+) to (\d+)\)/.exec(lines.slice(0, 10).join(' ')) ?? []
    const rows = lines
      .slice(Number(from) - 1, Number(to))
      .map((row) => row.trim().split(/\s+/).map(Number))
    const certified = Number(
      lines
        .find((line) => line.startsWith('Between'))
        ?.trim()
        .split(/\s+/)
        .at(-1),
    )
    const groups = (rows[0] ?? []).map((_, j) => rows.map((row) => row[j] ?? Number.NaN))
    const found = oneWayAnova(groups)
    const error = Math.abs(found.statistic / certified - 1)
    console.log(
      `${name}: F has ${(error === 0 ? 16 : -Math.log10(error)).toFixed(1)} correct digits`,
    )
    expect(error).toBeLessThan(10 ** -digits)
  })
})
