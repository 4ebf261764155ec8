import { checkFinite, checkWhole } from '../checks.ts'
import { StatsError } from '../stats-error.ts'

export type ParameterValue = number | string | boolean

/** What values a parameter may have; bounds are included. */
export type Parameter =
  | {
      readonly type: 'continuous'
      readonly low: number
      readonly high: number
      /** `log` for what matters by its ratio; needs bounds above 0. Default `linear`. */
      readonly scale?: 'linear' | 'log'
    }
  | {
      readonly type: 'integer'
      readonly low: number
      readonly high: number
      /** `log` needs bounds of 1 or more. Default `linear`. */
      readonly scale?: 'linear' | 'log'
    }
  | { readonly type: 'categorical'; readonly values: readonly ParameterValue[] }

/** Parameters by name. */
export type Space = Readonly<Record<string, Parameter>>

/** A value for each parameter of a space. */
export type Point = Readonly<Record<string, ParameterValue>>

/**
 * Points as vectors with one coordinate for each parameter, in the order of the space: numbers between their bounds as 0 … 1
 * (whole numbers in the middle of equal cells), categories as their index.
 */
export interface Coding {
  readonly names: readonly string[]
  /** Number of values of each coordinate: Infinity for a continuous one. */
  readonly sizes: readonly number[]
  /** Whether only equality of a coordinate means anything. */
  readonly categorical: readonly boolean[]
  /** A StatsError where a value is missing or cannot be one of its parameter; numbers up to ten ranges off are taken. */
  encode(point: Point): Float64Array
  /** The nearest point of the space. */
  decode(x: ArrayLike<number>): Point
  /** Coordinates of the point that a vector of numbers in [0, 1) stands for, such that all values are as likely. */
  spread(u: ArrayLike<number>): Float64Array
  /** Moves coordinates to those of the nearest point of the space, in place. */
  snap(x: Float64Array): void
  /** Coordinates of the values of one parameter that is not continuous, nearest first, at most `limit`. */
  values(index: number, near: number, limit: number): readonly number[]
}

interface Axis {
  readonly size: number
  readonly categorical: boolean
  encode(value: ParameterValue | undefined, path: string): number
  decode(x: number): ParameterValue
  spread(u: number): number
}

/** How many ranges from the middle of its range a value may be: beyond it no model has anything to say. */
const FARTHEST = 10

/** Checks a space and says how its points are vectors. Throws a StatsError. */
export function codingOf(space: Space): Coding {
  const names = Object.keys(space)
  if (names.length === 0) throw new StatsError('too_few', 'space', 'has no parameter')
  const axes = names.map((name) => axisOf(space[name] as Parameter, `space.${name}`))
  const coding: Coding = {
    names,
    sizes: axes.map((axis) => axis.size),
    categorical: axes.map((axis) => axis.categorical),
    encode: (point) =>
      Float64Array.from(axes, (axis, i) => {
        const name = names[i] as string
        return axis.encode(point[name], `point.${name}`)
      }),
    decode: (x) =>
      Object.fromEntries(axes.map((axis, i) => [names[i] as string, axis.decode(x[i] as number)])),
    spread: (u) => Float64Array.from(axes, (axis, i) => axis.spread(u[i] as number)),
    snap: (x) => {
      for (const [i, axis] of axes.entries()) x[i] = snapped(axis, x[i] as number)
    },
    values: (index, near, limit) => {
      const axis = axes[index] as Axis
      if (axis.categorical) {
        const all = Array.from({ length: axis.size }, (_, code) => code)
        return all.filter((code) => code !== near).slice(0, limit)
      }
      const found: number[] = []
      for (let step = 1; found.length < limit && step < axis.size; step++) {
        for (const side of [near - step / axis.size, near + step / axis.size]) {
          const x = snapped(axis, side)
          if (x !== near && !found.includes(x)) found.push(x)
        }
      }
      return found.slice(0, limit)
    },
  }
  return coding
}

function snapped(axis: Axis, x: number): number {
  if (axis.categorical) return x
  if (axis.size === Number.POSITIVE_INFINITY) return Math.min(1, Math.max(0, x))
  return axis.encode(axis.decode(x), '')
}

function axisOf(parameter: Parameter, path: string): Axis {
  if (parameter.type === 'categorical') return categories(parameter.values, path)
  const { type, low, high, scale = 'linear' } = parameter
  checkFinite(low, `${path}.low`)
  checkFinite(high, `${path}.high`)
  const whole = type === 'integer'
  if (whole && !(Number.isSafeInteger(low) && Number.isSafeInteger(high)))
    throw new StatsError('out_of_range', path, `${low} and ${high} are not both whole numbers`)
  if (!(low < high || (whole && low === high)))
    throw new StatsError('out_of_range', `${path}.high`, `${high} is not above ${low}`)
  const least = whole ? low - 0.5 : low
  const most = whole ? high + 0.5 : high
  if (scale === 'log' && !(least > 0))
    throw new StatsError('out_of_range', `${path}.low`, `${low} has no place on a log scale`)
  const forth = scale === 'log' ? Math.log : (value: number): number => value
  const back = scale === 'log' ? Math.exp : (value: number): number => value
  const [from, width] = [forth(least), forth(most) - forth(least)]
  if (!(width > 0 && width < Number.POSITIVE_INFINITY))
    throw new StatsError('out_of_range', `${path}.high`, `the range from ${low} is too wide`)
  const decode = (x: number): number => {
    const value = back(from + Math.min(1, Math.max(0, x)) * width)
    return Math.min(high, Math.max(low, whole ? Math.round(value) : value))
  }
  return {
    size: whole ? high - low + 1 : Number.POSITIVE_INFINITY,
    categorical: false,
    encode: (value, at) => {
      if (typeof value !== 'number' || !Number.isFinite(value))
        throw new StatsError('not_finite', at, `${String(value)} is not a finite number`)
      if (whole) checkWhole(value - low, Number.MIN_SAFE_INTEGER, at)
      if (scale === 'log' && !(value > 0))
        throw new StatsError('out_of_range', at, `${value} has no place on a log scale`)
      const x = (forth(value) - from) / width
      if (!(Math.abs(x - 0.5) <= FARTHEST))
        throw new StatsError('out_of_range', at, `${value} is far outside of ${low} to ${high}`)
      return x
    },
    decode,
    spread: (u) => (whole ? (forth(decode(u)) - from) / width : u),
  }
}

function categories(values: readonly ParameterValue[], path: string): Axis {
  const codes = new Map(values.map((value, code) => [value, code]))
  if (values.length === 0) throw new StatsError('too_few', `${path}.values`, 'is empty')
  if (codes.size < values.length)
    throw new StatsError('out_of_range', `${path}.values`, 'has a value twice')
  return {
    size: values.length,
    categorical: true,
    encode: (value, at) => {
      const code = value === undefined ? undefined : codes.get(value)
      if (code === undefined)
        throw new StatsError('out_of_range', at, `${String(value)} is none of its values`)
      return code
    },
    decode: (x) => values[x] as ParameterValue,
    spread: (u) => Math.min(values.length - 1, Math.floor(u * values.length)),
  }
}
