import { checkFinite } from '../checks.ts'
import { addToSum, createSum, sumOf } from '../compensated-sum.ts'
import { StatsError } from '../stats-error.ts'

/** A part of a whole in two periods: what is counted over, and what is summed. */
export interface RatioSegment {
  readonly name: string
  readonly before: { readonly numerator: number; readonly denominator: number }
  readonly after: { readonly numerator: number; readonly denominator: number }
}

export interface SegmentEffect {
  readonly name: string
  /** What a change of its share of the denominator did, beside a segment of the average ratio. */
  readonly mix: number
  /** What a change of its own ratio did. */
  readonly rate: number
  readonly total: number
  /** Shares of the denominator. */
  readonly shareBefore: number
  readonly shareAfter: number
  /** Its ratio, null where it had no denominator. */
  readonly ratioBefore: number | null
  readonly ratioAfter: number | null
}

export interface MixAndRate {
  readonly before: number
  readonly after: number
  /** After less before: the sum of mix and rate, to rounding. */
  readonly difference: number
  readonly mix: number
  readonly rate: number
  /** The greatest effects first. */
  readonly segments: readonly SegmentEffect[]
}

/**
 * Why a ratio of sums changed (cost per request, error rate, or a mean: numerator the sum, denominator the number): because segments
 * changed their shares, or their own ratios. With shares w and ratios r, R = Σ w r and, means of both periods barred,
 *
 *     ΔR = Σ (r̄ᵢ − R̄) Δwᵢ + Σ w̄ᵢ Δrᵢ
 *
 * exactly, with nothing left over to interaction, and with all signs turned when the periods are exchanged. R̄ may be taken off since
 * shares add up to 1; so a segment of the average ratio has no mix effect. A segment that is new or gone has no
 * change of ratio: all it does is mix. Throws a StatsError: `too_few` without segments, `not_finite`, `out_of_range` for a
 * negative denominator, a name used twice or a numerator without denominator, `degenerate` for a period without any denominator. O(n log n).
 */
export function mixAndRate(segments: readonly RatioSegment[]): MixAndRate {
  if (segments.length === 0) throw new StatsError('too_few', 'segments', 'needs 1 or more')
  const names = new Set<string>()
  for (const [i, segment] of segments.entries()) {
    if (names.has(segment.name))
      throw new StatsError('out_of_range', `segments[${i}].name`, `${segment.name} is there twice`)
    names.add(segment.name)
    for (const period of ['before', 'after'] as const) {
      const { numerator, denominator } = segment[period]
      const path = `segments[${i}].${period}`
      checkFinite(numerator, `${path}.numerator`)
      checkFinite(denominator, `${path}.denominator`)
      if (denominator < 0 || (denominator === 0 && numerator !== 0))
        throw new StatsError(
          'out_of_range',
          `${path}.denominator`,
          `${denominator} of ${numerator}`,
        )
    }
  }
  const totals = { before: totalOf(segments, 'before'), after: totalOf(segments, 'after') }
  const before = totals.before.numerator / totals.before.denominator
  const after = totals.after.numerator / totals.after.denominator
  const average = before / 2 + after / 2
  const effects = segments.map((segment): SegmentEffect => {
    const shareBefore = segment.before.denominator / totals.before.denominator
    const shareAfter = segment.after.denominator / totals.after.denominator
    const [ratioBefore, ratioAfter] = [ratioOf(segment.before), ratioOf(segment.after)]
    const first = ratioBefore ?? ratioAfter ?? average
    const last = ratioAfter ?? ratioBefore ?? average
    const mix = (first / 2 + last / 2 - average) * (shareAfter - shareBefore)
    const rate = (shareBefore / 2 + shareAfter / 2) * (last - first)
    return {
      name: segment.name,
      mix,
      rate,
      total: mix + rate,
      shareBefore,
      shareAfter,
      ratioBefore,
      ratioAfter,
    }
  })
  return {
    before,
    after,
    difference: after - before,
    mix: sumUp(effects.map(({ mix }) => mix)),
    rate: sumUp(effects.map(({ rate }) => rate)),
    segments: effects.toSorted((a, b) => Math.abs(b.total) - Math.abs(a.total)),
  }
}

interface Part {
  readonly numerator: number
  readonly denominator: number
}

function ratioOf({ numerator, denominator }: Part): number | null {
  return denominator > 0 ? numerator / denominator : null
}

function totalOf(segments: readonly RatioSegment[], period: 'before' | 'after'): Part {
  const denominator = sumUp(segments.map((segment) => segment[period].denominator))
  const numerator = sumUp(segments.map((segment) => segment[period].numerator))
  if (!(denominator > 0))
    throw new StatsError('degenerate', 'segments', `no denominator ${period} the change`)
  if (!Number.isFinite(denominator) || !Number.isFinite(numerator / denominator))
    throw new StatsError('out_of_range', 'segments', 'sums beyond the range of numbers')
  return { numerator, denominator }
}

function sumUp(values: readonly number[]): number {
  const sum = createSum()
  for (const value of values) addToSum(sum, value)
  return sumOf(sum)
}
