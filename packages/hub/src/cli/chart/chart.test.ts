import { describe, expect, it } from 'vitest'
import { answerChart, type Drawable } from './answer-chart.ts'
import { lineChart } from './line-chart.ts'
import { sparkline } from './sparkline.ts'
import type { ChartStyle } from './style.ts'
import { scaleOf } from './ticks.ts'

const PLAIN: ChartStyle = { width: 60, ascii: false, color: false }
const ASCII: ChartStyle = { ...PLAIN, ascii: true }

const hour = (at: number): string => new Date(Date.UTC(2026, 10, 20, at)).toISOString()

function overTime(values: readonly (number | null)[], unit = 'ms'): Drawable {
  return {
    columns: [
      { name: 'time', role: 'time' },
      { name: 'latency.p95', role: 'measure', unit },
    ],
    rows: values.map((value, at) => [hour(at), value]),
    meta: { timezone: 'UTC' },
  }
}

function byModel(rows: readonly (readonly [string | null, string | null])[]): Drawable {
  return {
    columns: [
      { name: 'model', role: 'dimension' },
      { name: 'cost.total', role: 'measure', unit: 'USD' },
    ],
    rows,
    meta: { timezone: 'UTC' },
  }
}

const WAVE = Array.from({ length: 24 }, (_, at) => Math.round(800 + 700 * Math.sin(at / 3)))

describe('lines over time', () => {
  it('have axes with units, and the peak and the last value are marked', () => {
    expect(answerChart(overTime(WAVE), PLAIN)).toMatchInlineSnapshot(`
      "latency.p95
      1.50 s ┤      ⢀⡠⠔⠒⠉▲⠢⢄⡀                                 ⡠⠒◆
             │    ⢀⠔⠁       ⠈⠑⢄                            ⢀⠔⠉
             │  ⢀⠔⠁           ⠈⠢⡀                         ⡠⠃
      1.00 s ┤ ⡰⠁               ⠈⢆                      ⢀⠎
             │⠜                   ⠱⡀                   ⡔⠁
             │                     ⠘⢄                ⢀⠎
      0.50 s ┤                       ⠣⡀             ⡠⠃
             │                        ⠈⠢⡀         ⣀⠔⠁
             │                          ⠈⠢⢄⡀   ⢀⠤⠊
      0.00 s ┤                             ⠈⠉⠉⠉⠁
             └───────────────────────────────────────────────────
              2026-11-20 00:00                   2026-11-20 23:00
        ▲ peak 1.50 s at 2026-11-20 05:00 · ◆ last 1.49 s at 2026-11-20 23:00
      "
    `)
  })

  it('leave a gap where nothing was measured', () => {
    const gap = WAVE.map((value, at) => (at > 6 && at < 16 ? null : value))
    expect(answerChart(overTime(gap), ASCII)).toMatchInlineSnapshot(`
      "latency.p95
      1.50 s +        ***^**                                   *o
             |      **                                      ***
             |   ***                                      **
      1.00 s + **                                       **
             |*                                       **
             |                                       *
      0.50 s +                                      *
             |                                    **
             |                                   *
      0.00 s +
             +---------------------------------------------------
              2026-11-20 00:00                   2026-11-20 23:00
        ^ peak 1.50 s at 2026-11-20 05:00, o last 1.49 s at 2026-11-20 23:00
      "
    `)
  })

  it('are told apart by letters without colours, and by colours with them', () => {
    const series = ['gpt-4o', 'own'].map((name, which) => ({
      name,
      values: WAVE.map((value) => value / (which + 1)),
    }))
    const starts = WAVE.map((_, at) => hour(at))
    const chart = { title: 'latency.p95', unit: 'ms', starts, timezone: 'Europe/Berlin', series }
    expect(lineChart(chart, PLAIN)).toMatchInlineSnapshot(`
      "latency.p95
      1.50 s ┤        ******                                   **
             │      **      **                              ***
             │   ***          **                          **
      1.00 s ┤ **               **                      **
             │*                   *                   **
             │   ooooooooooooo     **                *     oooooo
      0.50 s ┤ oo             ooooo  **             * ooooo
             │o                    oo  **         **oo
             │                       oooo*******oooo
      0.00 s ┤                           ooooooo
             └───────────────────────────────────────────────────
              2026-11-20 01:00                   2026-11-21 00:00
        ** gpt-4o  peak 1.50 s at 2026-11-20 06:00 · last 1.49 s at 2026-11-21 00:00
        oo own     peak 0.75 s at 2026-11-20 06:00 · last 0.74 s at 2026-11-21 00:00
      "
    `)
    const colored = lineChart(chart, { ...PLAIN, color: true })
    expect(colored).toContain('\u001b[36m')
    expect(colored).toContain('\u001b[33m')
    expect(lineChart(chart, PLAIN)).not.toContain('\u001b')
  })

  it('are six at most, and what is left out is said', () => {
    const series = Array.from({ length: 9 }, (_, at) => ({ name: `s${at}`, values: [1, 2, at] }))
    const starts = [hour(0), hour(1), hour(2)]
    const chart = lineChart({ title: 't', unit: 'count', starts, timezone: 'UTC', series }, PLAIN)
    expect(chart).toContain('s5')
    expect(chart).not.toContain('s6')
    expect(chart).toContain('3 more not drawn')
  })

  it('exist for one value, for zeros and for none', () => {
    expect(answerChart(overTime([5]), PLAIN)).toContain('peak 5.0 ms at 2026-11-20')
    expect(answerChart(overTime([0, 0, 0]), PLAIN)).toContain('0.0 µs')
    expect(answerChart(overTime([null, null]), PLAIN)).toBe(
      'latency.p95: no values in this range\n',
    )
    expect(answerChart(overTime([]), PLAIN)).toBeNull()
  })
})

describe('bars of groups', () => {
  const rows = [
    ['gpt-4o', '10.4671'],
    ['claude-3-5-sonnet-20241022', '5.75'],
    ['__other__', '0.02'],
    [null, '-1'],
    ['own-model', null],
  ] as const

  it('are as long as their values, and an unknown cost is none', () => {
    expect(answerChart(byModel(rows), PLAIN)).toMatchInlineSnapshot(`
      "cost.total
      gpt-4o                      $10.467  ███████████████████████
      claude-3-5-sonnet-20241022   $5.750  ████████████▋
      (others)                     $0.020  ▏
      (none)                      -$1.000  ▒▒
      own-model                         –
      "
    `)
    expect(answerChart(byModel(rows), ASCII)).toMatchInlineSnapshot(`
      "cost.total
      gpt-4o                      $10.467  #######################
      claude-3-5-sonnet-20241022   $5.750  #############
      (others)                     $0.020  #
      (none)                      -$1.000  --
      own-model                         -
      "
    `)
  })
})

describe('every drawing', () => {
  const tall = overTime(WAVE.map((value) => value * 1e7, 'count'))
  const long = byModel([
    [`model-${'x'.repeat(200)}\u001b[2J`, '1'],
    ['b', '1000000'],
  ])

  it.each([40, 60, 100])('keeps to %i columns', (width) => {
    for (const answer of [overTime(WAVE), tall, long]) {
      for (const ascii of [true, false]) {
        const lines = (answerChart(answer, { width, ascii, color: false }) ?? '').split('\n')
        // The legend is a sentence and may be longer than a narrow terminal.
        const drawn = lines.filter((line) => !line.startsWith('  '))
        for (const line of drawn) expect([...line].length).toBeLessThanOrEqual(width)
      }
    }
  })

  it('is ASCII where it has to be, and never moves the cursor', () => {
    for (const answer of [overTime(WAVE), tall, long]) {
      const text = answerChart(answer, ASCII) ?? ''
      expect(text).toMatch(/^[\n\u0020-\u007e]+$/)
    }
  })
})

it('draws sparklines from the least to the greatest', () => {
  expect(sparkline([1, null, 4, 8], false)).toBe('▁ ▄█')
  expect(sparkline([1, null, 4, 8], true)).toBe('_ =@')
  expect(sparkline([3, 3], false)).toBe('▅▅')
  expect(sparkline([null], false)).toBe(' ')
})

it('has round scales that hold 0 and every value', () => {
  expect(scaleOf([4970], 4).ticks).toEqual([0, 2000, 4000, 6000])
  expect(scaleOf([0.0031, 0.0012], 4).ticks.at(-1)).toBeCloseTo(0.004)
  expect(scaleOf([-3, 5], 4).ticks).toEqual([-4, -2, 0, 2, 4, 6])
  expect(scaleOf([0], 4).ticks).toEqual([0, 1])
})
