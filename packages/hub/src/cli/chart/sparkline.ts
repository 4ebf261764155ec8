const BLOCKS = '▁▂▃▄▅▆▇█'
const ASCII_BLOCKS = '_.-=+*#@'

/**
 * Values as one line of blocks, from the least (lowest block) to the greatest. A null is a blank; a
 * line of equal values is drawn at half height.
 */
export function sparkline(values: readonly (number | null)[], ascii: boolean): string {
  const blocks = ascii ? ASCII_BLOCKS : BLOCKS
  const known = values.filter((value) => value !== null)
  const least = known.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY)
  const greatest = known.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY)
  return values
    .map((value) => {
      if (value === null) return ' '
      const share = greatest === least ? 0.5 : (value - least) / (greatest - least)
      return blocks[Math.round(share * (blocks.length - 1))] ?? ''
    })
    .join('')
}
