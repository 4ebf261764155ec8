/**
 * A grid of dots, drawn with Braille characters of 2 × 4 dots each, or with one character of ASCII for
 * each. Every cell remembers which series was drawn into it last, for its colour.
 */
export interface Canvas {
  /** Dots from left to right and from bottom to top. */
  readonly dotsWide: number
  readonly dotsHigh: number
  /** A dot of a series; outside of the grid nothing happens. */
  dot(x: number, y: number, series: number): void
  /** A line between two dots (Bresenham). */
  line(x0: number, y0: number, x1: number, y1: number, series: number): void
  /** A character in the place of the cell that holds this dot. */
  mark(x: number, y: number, series: number, character: string): void
  /** Rows from the top, each a list of cells. */
  rows(): readonly (readonly Cell[])[]
}

export interface Cell {
  readonly text: string
  /** Null where nothing was drawn. */
  readonly series: number | null
}

/** Bits of the dots of a Braille character, by row from the top and column. */
const BITS = [
  [0x01, 0x08],
  [0x02, 0x10],
  [0x04, 0x20],
  [0x40, 0x80],
] as const

/** @param letters what a series is drawn with where dots cannot be: one character each */
export function canvas(columns: number, rows: number, letters: readonly string[] | null): Canvas {
  const [across, down] = letters === null ? [2, 4] : [1, 1]
  const bits = new Uint8Array(columns * rows)
  const owner = new Int8Array(columns * rows).fill(-1)
  const marks = new Map<number, string>()
  const dotsWide = columns * across
  const dotsHigh = rows * down
  const cellAt = (x: number, y: number): number =>
    Math.floor((dotsHigh - 1 - y) / down) * columns + Math.floor(x / across)
  const isInside = (x: number, y: number): boolean =>
    x >= 0 && y >= 0 && x < dotsWide && y < dotsHigh
  const dot = (x: number, y: number, series: number): void => {
    if (!isInside(x, y)) return
    const cell = cellAt(x, y)
    bits[cell] = (bits[cell] ?? 0) | (BITS[(dotsHigh - 1 - y) % down]?.[x % across] ?? 1)
    owner[cell] = series
  }
  return {
    dotsWide,
    dotsHigh,
    dot,
    line(x0, y0, x1, y1, series) {
      const [dx, dy] = [Math.abs(x1 - x0), -Math.abs(y1 - y0)]
      const [sx, sy] = [x0 < x1 ? 1 : -1, y0 < y1 ? 1 : -1]
      let [x, y, error] = [x0, y0, dx + dy]
      for (;;) {
        dot(x, y, series)
        if (x === x1 && y === y1) return
        const twice = 2 * error
        if (twice >= dy) {
          error += dy
          x += sx
        }
        if (twice <= dx) {
          error += dx
          y += sy
        }
      }
    },
    mark(x, y, series, character) {
      if (!isInside(x, y)) return
      const cell = cellAt(x, y)
      marks.set(cell, character)
      owner[cell] = series
    },
    rows() {
      return Array.from({ length: rows }, (_, row) =>
        Array.from({ length: columns }, (__, column) => {
          const cell = row * columns + column
          const series = owner[cell] ?? -1
          if (series < 0) return { text: ' ', series: null }
          const drawn =
            letters === null
              ? String.fromCodePoint(0x2800 + (bits[cell] ?? 0))
              : (letters[series] ?? '*')
          return { text: marks.get(cell) ?? drawn, series }
        }),
      )
    },
  }
}
