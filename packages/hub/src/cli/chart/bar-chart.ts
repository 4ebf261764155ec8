import { columnFormat, UNKNOWN } from '../formats.ts'
import { type ChartStyle, colored, shortened } from './style.ts'

export interface Bar {
  readonly label: string
  /** Null where nobody knows it: there is no bar then. */
  readonly value: number | null
}

const EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉']
const MOST_LABEL = 40
const LEAST_BAR = 8

/** Categories as bars from left to right, in the order they come; those below 0 are hatched. */
export function barChart(
  title: string,
  unit: string | undefined,
  bars: readonly Bar[],
  style: ChartStyle,
): string {
  const format = columnFormat(
    unit,
    bars.map(({ value }) => value),
  )
  const texts = bars.map(({ value }) =>
    value === null ? (style.ascii ? '-' : UNKNOWN) : format(value),
  )
  const widest = Math.max(0, ...texts.map((text) => text.length))
  const room = style.width - widest - 4
  const most = Math.max(1, Math.min(MOST_LABEL, room - LEAST_BAR))
  const labels = bars.map(({ label }) => shortened(label, most, style.ascii))
  const margin = Math.max(0, ...labels.map((label) => [...label].length))
  const length = Math.max(LEAST_BAR, room - margin)
  const greatest = bars.reduce((a, { value }) => Math.max(a, Math.abs(value ?? 0)), 0)
  const lines = bars.map(({ value }, at) => {
    const label = labels[at] ?? ''
    const pad = ' '.repeat(margin - [...label].length)
    const bar = value === null || greatest === 0 ? '' : drawn(value / greatest, length, style)
    return `${label}${pad}  ${(texts[at] ?? '').padStart(widest)}  ${colored(bar, 0, style)}`.trimEnd()
  })
  return `${[title, ...lines].join('\n')}\n`
}

function drawn(share: number, length: number, { ascii }: ChartStyle): string {
  const exact = Math.abs(share) * length
  if (share < 0) return (ascii ? '-' : '▒').repeat(Math.max(1, Math.round(exact)))
  if (ascii) return '#'.repeat(share === 0 ? 0 : Math.max(1, Math.round(exact)))
  const eighths = share === 0 ? 0 : Math.max(1, Math.round(exact * 8))
  return '█'.repeat(Math.floor(eighths / 8)) + (EIGHTHS[eighths % 8] ?? '')
}
