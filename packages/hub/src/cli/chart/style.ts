/** What the terminal that a chart is drawn for can show. */
export interface ChartStyle {
  /** Characters from edge to edge. */
  readonly width: number
  /** Only characters of ASCII: for locales without UTF-8. */
  readonly ascii: boolean
  readonly color: boolean
}

/** Series in the order of their colours; more are not told apart. */
export const MOST_SERIES = 6

/** ANSI foregrounds that are readable on light and dark grounds. */
const COLORS = [36, 33, 35, 32, 34, 31]

/** `text` in the colour of the series at this place. */
export function colored(text: string, series: number, style: ChartStyle): string {
  return style.color ? `\u001b[${COLORS[series % COLORS.length]}m${text}\u001b[39m` : text
}

/** `text` cut to this many characters, with a mark where something is missing. */
export function shortened(text: string, width: number, ascii: boolean): string {
  const characters = [...text]
  if (characters.length <= width) return text
  return `${characters.slice(0, Math.max(0, width - (ascii ? 2 : 1))).join('')}${ascii ? '..' : '…'}`
}
