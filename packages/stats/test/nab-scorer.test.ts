import { describe, expect, it } from 'vitest'
import { publishedText } from './golden.ts'
import { readPublishedScores, scoresOfDetectors } from './nab-detectors.ts'
import {
  NAB_PROFILES,
  type NabProfile,
  type NabSeries,
  nabCredit,
  nabFileScore,
  nabScore,
  nabScoreAt,
  readNab,
} from './nab-scorer.ts'

const SHARED = process.env['LLMHUB_SHARED_DATA'] ?? `${import.meta.dirname}/../../../../shared/data`
const series: NabSeries = {
  file: 'a/b.csv',
  times: Float64Array.from({ length: 100 }, (_, i) => i),
  values: new Float64Array(100),
  windows: [
    [40, 49],
    [80, 89],
  ],
}
const marked = (...at: readonly number[]): Float64Array =>
  Float64Array.from({ length: 100 }, (_, i) => (at.includes(i) ? 1 : 0))

describe('the scorer of NAB', () => {
  it('gives 100 for every window at its left edge, 0 for nothing', () => {
    expect(nabScore([series], [marked(40, 80)], 'standard')).toEqual({ score: 100, threshold: 1 })
    expect(nabScore([series], [new Float64Array(100)], 'standard').score).toBe(0)
  })

  it('takes the first detection of a window alone, and less for a later one', () => {
    const early = nabScoreAt([series], [marked(42, 45, 49)], 1, 'standard')
    expect(early).toBe(nabScoreAt([series], [marked(42)], 1, 'standard'))
    expect(nabScoreAt([series], [marked(46)], 1, 'standard')).toBeLessThan(early)
  })

  it('takes 0.11 for a detection before all windows, less behind one, and nothing in probation', () => {
    expect(nabFileScore(series, marked(20), 1, 'standard')).toBeCloseTo(-2.11, 12)
    expect(nabFileScore(series, marked(50), 1, 'standard')).toBeGreaterThan(-2.06)
    expect(nabFileScore(series, marked(14), 1, 'standard')).toBe(-2)
    expect(nabFileScore(series, marked(15), 1, 'standard')).toBeCloseTo(-2.11, 12)
  })

  it('agrees with the published contribution of each detected row', ({ skip }) => {
    const corpus = readNab(SHARED)
    if (corpus === null) return skip('no published series here')
    let compared = 0
    for (const one of corpus.filter(({ file }) => file.startsWith('realAdExchange'))) {
      const name = one.file.split('/')[1] ?? ''
      const text = publishedText(`anomaly/nab/scorer-oracle/windowedGaussian_${name}`)
      const lines = (text ?? '').trim().split(/\r?\n/)
      const columns = (lines[0] ?? '').split(',')
      for (const profile of Object.keys(NAB_PROFILES) as NabProfile[]) {
        const credit = nabCredit(one, profile)
        const at = columns.indexOf(`S(t)_${profile}`)
        for (const [i, line] of lines.slice(1).entries()) {
          const cells = line.split(',')
          const theirs = Number(cells[at])
          // Rows below the threshold hold 0, and a missed window its cost at its last row.
          if (theirs === 0 || Number(cells[2]) < 1) continue
          expect(credit[i]).toBeCloseTo(theirs, 9)
          compared++
        }
      }
    }
    expect(compared).toBeGreaterThan(10)
  })

  it('gives the published scores of three detectors on every file', ({ skip }) => {
    const corpus = readNab(SHARED)
    if (corpus === null) return skip('no published series here')
    const published = readPublishedScores(SHARED)
    for (const [name, rows] of Object.entries(scoresOfDetectors(corpus))) {
      for (const [i, one] of corpus.entries()) {
        const known = published.get(`${name} ${one.file}`)
        if (known === undefined) throw new Error(`${name} ${one.file} is not published`)
        const score = nabFileScore(one, rows[i] ?? [], known.threshold, 'standard')
        expect(Math.abs(score - known.score), `${name} ${one.file}`).toBeLessThan(1e-6)
      }
    }
  })
})
