import { axisFormat, bucketLabels, columnFormat } from '../formats.ts'
import { canvas } from './canvas.ts'
import { type ChartStyle, colored, MOST_SERIES, shortened } from './style.ts'
import { type Scale, scaleOf } from './ticks.ts'

export interface LineSeries {
  readonly name: string
  /** One for each bucket; null where nothing was measured, which leaves a gap. */
  readonly values: readonly (number | null)[]
}

export interface LineChart {
  readonly title: string
  readonly unit: string | undefined
  /** Starts of the buckets, ISO 8601. */
  readonly starts: readonly string[]
  readonly timezone: string
  readonly series: readonly LineSeries[]
}

const HEIGHT = 10
const TICKS = 4
const LETTERS = ['*', 'o', '+', 'x', '#', '@']
const LEAST_WIDTH = 20
const MOST_NAME = 30

/** Series over time as lines, with axes, the peak and the last value of each, and a legend. */
export function lineChart(chart: LineChart, style: ChartStyle): string {
  const series = chart.series.slice(0, MOST_SERIES)
  const values = series.flatMap((each) => each.values)
  const known = values.filter((value) => value !== null)
  if (known.length === 0) return `${chart.title}: no values in this range\n`
  const scale = scaleOf(known, TICKS)
  // Without colours and with several lines, a letter for each tells them apart; dots could not.
  const letters = style.ascii || (!style.color && series.length > 1) ? LETTERS : null
  const axis = axisFormat(chart.unit, scale.ticks)
  const margin = Math.max(...scale.ticks.map((tick) => axis(tick).length))
  const columns = Math.max(LEAST_WIDTH, style.width - margin - 3)
  const drawn = draw(series, scale, columns, letters, style)
  const labels = labelRows(scale, axis, margin)
  const edge = style.ascii ? '|' : '│'
  const tick = style.ascii ? '+' : '┤'
  const lines = drawn.map((line, row) => {
    const label = labels.get(row)
    return `${(label ?? '').padStart(margin)} ${label === undefined ? edge : tick}${line}`.trimEnd()
  })
  const corner = `${' '.repeat(margin)} ${style.ascii ? '+' : '└'}`
  lines.push(`${corner}${(style.ascii ? '-' : '─').repeat(columns)}`)
  const times = bucketLabels(chart.starts, chart.timezone)
  lines.push(`${' '.repeat(margin + 2)}${timeAxis(times, columns)}`.trimEnd())
  const legend = series.map((each, at) => legendLine(each, at, { chart, times, letters, style }))
  const left = chart.series.length - series.length
  const more = left === 0 ? [] : [`  ${left} more not drawn: ask for fewer with --top or --where`]
  return `${[chart.title, ...lines, ...legend, ...more].join('\n')}\n`
}

/** Rows of the drawing that have a tick, with its label. */
function labelRows(
  scale: Scale,
  axis: (value: number) => string,
  margin: number,
): Map<number, string> {
  const rows = new Map<number, string>()
  for (const tick of scale.ticks) {
    const share = (tick - scale.least) / (scale.greatest - scale.least)
    rows.set(HEIGHT - 1 - Math.round(share * (HEIGHT - 1)), axis(tick).padStart(margin))
  }
  return rows
}

function draw(
  series: readonly LineSeries[],
  scale: Scale,
  columns: number,
  letters: readonly string[] | null,
  style: ChartStyle,
): string[] {
  const grid = canvas(columns, HEIGHT, letters)
  const buckets = Math.max(...series.map((each) => each.values.length))
  const x = (at: number): number =>
    buckets === 1 ? 0 : Math.round((at / (buckets - 1)) * (grid.dotsWide - 1))
  const y = (value: number): number =>
    Math.round(((value - scale.least) / (scale.greatest - scale.least)) * (grid.dotsHigh - 1))
  series.forEach(({ values }, which) => {
    values.forEach((value, at) => {
      if (value === null) return
      const next = values[at + 1]
      if (next === undefined || next === null) grid.dot(x(at), y(value), which)
      else grid.line(x(at), y(value), x(at + 1), y(next), which)
    })
  })
  // With one line the peak and the last value are marked where they are; several would hide each other.
  const only = series.length === 1 ? series[0] : undefined
  if (only !== undefined) {
    const { peak, last } = notable(only.values)
    const place = (at: number, character: string): void =>
      grid.mark(x(at), y(only.values[at] ?? 0), 0, character)
    if (last !== null) place(last, style.ascii ? 'o' : '◆')
    if (peak !== null) place(peak, style.ascii ? '^' : '▲')
  }
  return grid
    .rows()
    .map((row) =>
      row
        .map(({ text, series: owner }) => (owner === null ? text : colored(text, owner, style)))
        .join(''),
    )
}

/** Places of the greatest value (the first of them) and of the last one. */
function notable(values: readonly (number | null)[]): { peak: number | null; last: number | null } {
  let peak: number | null = null
  let last: number | null = null
  values.forEach((value, at) => {
    if (value === null) return
    last = at
    if (peak === null || value > (values[peak] ?? 0)) peak = at
  })
  return { peak, last }
}

/** First, middle and last start, as far as they have room. */
function timeAxis(labels: readonly string[], columns: number): string {
  const first = labels[0] ?? ''
  const last = labels.at(-1) ?? ''
  if (labels.length === 1) return first
  const middle = labels[Math.floor((labels.length - 1) / 2)] ?? ''
  const free = columns - first.length - last.length
  if (free < 2) return first
  if (labels.length < 3 || free < middle.length + 4) return `${first}${' '.repeat(free)}${last}`
  const before = Math.max(2, Math.round((columns - middle.length) / 2) - first.length)
  const after = Math.max(2, columns - first.length - before - middle.length - last.length)
  return `${first}${' '.repeat(before)}${middle}${' '.repeat(after)}${last}`
}

interface LegendParts {
  readonly chart: LineChart
  readonly times: readonly string[]
  readonly letters: readonly string[] | null
  readonly style: ChartStyle
}

function legendLine({ name, values }: LineSeries, at: number, parts: LegendParts): string {
  const { chart, times, letters, style } = parts
  const { peak, last } = notable(values)
  const exact = columnFormat(
    chart.unit,
    chart.series.flatMap((each) => each.values),
  )
  if (peak === null || last === null) return `  ${name}: no values`
  const isOnly = chart.series.length === 1
  const [up, end] = !isOnly ? ['', ''] : style.ascii ? ['^ ', 'o '] : ['▲ ', '◆ ']
  const said = [
    `${up}peak ${exact(values[peak] ?? 0)} at ${times[peak] ?? ''}`,
    `${end}last ${exact(values[last] ?? 0)} at ${times[last] ?? ''}`,
  ].join(style.ascii ? ', ' : ' · ')
  if (isOnly) return `  ${said}`
  const longest = Math.min(MOST_NAME, Math.max(...chart.series.map((each) => each.name.length)))
  const sample = colored(letters === null ? '━━' : (letters[at] ?? '*').repeat(2), at, style)
  return `  ${sample} ${shortened(name, MOST_NAME, style.ascii).padEnd(longest)}  ${said}`.trimEnd()
}
