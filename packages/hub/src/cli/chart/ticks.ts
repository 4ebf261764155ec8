/** The round scale of an axis: from 0 or below to at least the greatest value, in equal steps. */
export interface Scale {
  readonly least: number
  readonly greatest: number
  /** From `least` to `greatest`, ascending. */
  readonly ticks: readonly number[]
}

/**
 * A scale of about `wanted` steps of 1, 2 or 5 times a power of ten. It holds 0, because the height of
 * a line over an axis that does not says nothing about proportions.
 */
export function scaleOf(values: readonly number[], wanted: number): Scale {
  const low = values.reduce((a, b) => Math.min(a, b), 0)
  const high = values.reduce((a, b) => Math.max(a, b), 0)
  if (low === high) return { least: 0, greatest: 1, ticks: [0, 1] }
  const rough = (high - low) / wanted
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = power * ([1, 2, 5, 10].find((each) => each * power >= rough) ?? 10)
  const first = Math.floor(low / step)
  const last = Math.ceil(high / step)
  const ticks = Array.from({ length: last - first + 1 }, (_, at) => (first + at) * step)
  return { least: first * step, greatest: last * step, ticks }
}
