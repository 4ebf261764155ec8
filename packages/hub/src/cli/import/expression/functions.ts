/** The functions of expressions, as data: what is not here cannot be called. */

import { formatIsoMicros } from '@llmhub/schema'
import { boundedText, isTrue, numberOf, shown, textOf, type Value, ValueError } from './value.ts'
import { readIsoTime, readWallTime, wallFormat, type ZoneClock, zoneClock } from './wall-time.ts'

export type Lookups = Readonly<Record<string, Readonly<Record<string, string | number | boolean>>>>

export type Call = (values: readonly Value[]) => Value

/** A constant argument: its value, or undefined where it is worked out for each row. */
export type Constant = Value | undefined

export interface FunctionSpec {
  /** How it is written, for the documentation and messages. */
  readonly form: string
  readonly doc: string
  readonly least: number
  /** Absent: as many as one likes. */
  readonly most?: number
  /** Makes the function; what is wrong with constant arguments is thrown as a ValueError. */
  readonly make: (constants: readonly Constant[], lookups: Lookups) => Call
}

/** A function of texts: null where its first argument is null. */
function ofText(of: (text: string, rest: readonly Value[]) => Value): FunctionSpec['make'] {
  return () =>
    ([first = null, ...rest]) => {
      const text = textOf(first)
      return text === null ? null : of(text, rest)
    }
}

/** A function of numbers: null where its first argument is null. */
function ofNumber(of: (number: number, rest: readonly Value[]) => Value): FunctionSpec['make'] {
  return () =>
    ([first = null, ...rest]) => {
      const number = numberOf(first)
      return number === null ? null : of(number, rest)
    }
}

function needed(value: Value | undefined): string {
  return textOf(value ?? null) ?? ''
}

function roundTo(number: number, digits: number): number {
  const rounded = Number(`${Math.round(Number(`${number}e${digits}`))}e${-digits}`)
  return Number.isNaN(rounded) ? number : rounded
}

/** The one that `pick` chooses of all numbers that there are; null when there are none. */
function ofAll(pick: (...numbers: number[]) => number): FunctionSpec['make'] {
  return () => (values) => {
    const numbers = values.map(numberOf).filter((number) => number !== null)
    return numbers.length === 0 ? null : pick(...numbers)
  }
}

const MICROS = { s: 1e6, ms: 1e3, us: 1, ns: 1e-3 } as const

function clockOf(zone: Constant): ZoneClock {
  if (zone === undefined) throw new ValueError('the zone of a time has to be a text in quotes')
  const name = textOf(zone) ?? 'UTC'
  const clock = zoneClock(name)
  if (clock === null) throw new ValueError(`"${name}" is not a time zone, such as Europe/Berlin`)
  return clock
}

function makeTime([, format = null, zone = null]: readonly Constant[]): Call {
  if (format === undefined) throw new ValueError('the format of a time has to be a text in quotes')
  const clock = clockOf(zone)
  const wanted = textOf(format)
  const parsed = wanted === null || wanted === 'ISO' ? null : wallFormat(wanted)
  if (parsed !== null && !parsed.ok) throw new ValueError(parsed.message)
  return ([value = null]) => {
    const text = textOf(value)
    if (text === null || text.trim() === '') return null
    const micros =
      parsed === null ? readIsoTime(text, clock) : readWallTime(text, parsed.pattern, clock)
    if (micros === null) {
      throw new ValueError(`${shown(text)} is not a time${wanted === null ? '' : ` by ${wanted}`}`)
    }
    return micros
  }
}

function makeFromEpoch([, unit]: readonly Constant[]): Call {
  const scale = typeof unit === 'string' ? MICROS[unit as keyof typeof MICROS] : undefined
  if (scale === undefined) throw new ValueError("the unit has to be 's', 'ms', 'us' or 'ns'")
  return ([value = null]) => {
    const number = numberOf(value)
    return number === null ? null : Math.round(number * scale)
  }
}

function makeNumber([, mark = '.']: readonly Constant[]): Call {
  if (mark !== '.' && mark !== ',') {
    throw new ValueError("the decimal mark has to be '.' or ','")
  }
  const group = mark === '.' ? /[,\s_']/gu : /[.\s_']/gu
  return ([value = null]) => {
    if (typeof value !== 'string') return numberOf(value)
    const plain = value.trim().replaceAll(group, '').replace(mark, '.')
    if (plain === '') return null
    const number = Number(plain)
    if (!Number.isFinite(number)) throw new ValueError(`${shown(value)} is not a number`)
    return number
  }
}

function makeLookup([name]: readonly Constant[], lookups: Lookups): Call {
  const table = typeof name === 'string' && Object.hasOwn(lookups, name) ? lookups[name] : undefined
  if (table === undefined) {
    const known = Object.keys(lookups).join(', ')
    throw new ValueError(`there is no lookup ${shown(name)}; there are: ${known || 'none'}`)
  }
  return ([, key = null, otherwise = null]) => {
    const text = textOf(key)
    return text !== null && Object.hasOwn(table, text) ? (table[text] ?? null) : otherwise
  }
}

export const FUNCTIONS: Readonly<Record<string, FunctionSpec>> = {
  coalesce: {
    form: 'coalesce(a, b, …)',
    doc: 'the first that is neither null nor empty',
    least: 1,
    make: () => (values) => values.find((value) => value !== null && value !== '') ?? null,
  },
  if: {
    form: 'if(condition, a, b)',
    doc: 'a where the condition holds, else b',
    least: 2,
    most: 3,
    make:
      () =>
      ([condition = null, a = null, b = null]) =>
        isTrue(condition) ? a : b,
  },
  lookup: {
    form: "lookup('table', key, otherwise)",
    doc: 'what the table of `lookups` has for the key, else the last, else null',
    least: 2,
    most: 3,
    make: makeLookup,
  },
  one_of: {
    form: 'one_of(x, a, b, …)',
    doc: 'whether x is one of the others',
    least: 2,
    make:
      () =>
      ([first = null, ...others]) =>
        others.some((other) => textOf(other) === textOf(first)),
  },
  text: { form: 'text(x)', doc: 'x as text', least: 1, most: 1, make: ofText((text) => text) },
  trim: {
    form: 'trim(x)',
    doc: 'without spaces at both ends',
    least: 1,
    most: 1,
    make: ofText((text) => text.trim()),
  },
  lower: {
    form: 'lower(x)',
    doc: 'in small letters',
    least: 1,
    most: 1,
    make: ofText((text) => text.toLowerCase()),
  },
  upper: {
    form: 'upper(x)',
    doc: 'in capital letters',
    least: 1,
    most: 1,
    make: ofText((text) => text.toUpperCase()),
  },
  length: {
    form: 'length(x)',
    doc: 'number of characters',
    least: 1,
    most: 1,
    make: ofText((text) => Array.from(text).length),
  },
  concat: {
    form: 'concat(a, b, …)',
    doc: 'one behind the other; null is nothing',
    least: 1,
    make: () => (values) => boundedText(values.map((value) => textOf(value) ?? '').join('')),
  },
  replace: {
    form: 'replace(x, find, with)',
    doc: 'every occurrence of a text',
    least: 3,
    most: 3,
    make: ofText((text, [find, by]) => {
      const wanted = needed(find)
      return wanted === '' ? text : boundedText(text.replaceAll(wanted, () => needed(by)))
    }),
  },
  split: {
    form: 'split(x, separator, n)',
    doc: 'the n-th part, from 1; from the end where n is negative',
    least: 3,
    most: 3,
    make: ofText((text, [separator, n]) => {
      const parts = text.split(needed(separator))
      const at = Math.trunc(numberOf(n ?? null) ?? 0)
      return parts.at(at > 0 ? at - 1 : at === 0 ? parts.length : at) ?? null
    }),
  },
  substring: {
    form: 'substring(x, from, length)',
    doc: 'from a character on, the first being 1; without a length to the end',
    least: 2,
    most: 3,
    make: ofText((text, [from, length]) => {
      const start = Math.max(1, Math.trunc(numberOf(from ?? null) ?? 1)) - 1
      const count = numberOf(length ?? null)
      return text.slice(start, count === null ? undefined : start + Math.max(0, count))
    }),
  },
  contains: {
    form: 'contains(x, part)',
    doc: 'whether the part is in it',
    least: 2,
    most: 2,
    make: ofText((text, [part]) => text.includes(needed(part))),
  },
  starts_with: {
    form: 'starts_with(x, part)',
    doc: 'whether it begins so',
    least: 2,
    most: 2,
    make: ofText((text, [part]) => text.startsWith(needed(part))),
  },
  ends_with: {
    form: 'ends_with(x, part)',
    doc: 'whether it ends so',
    least: 2,
    most: 2,
    make: ofText((text, [part]) => text.endsWith(needed(part))),
  },
  number: {
    form: "number(x, ',')",
    doc: 'a text as number, without its separators of thousands; the decimal mark is . or ,',
    least: 1,
    most: 2,
    make: makeNumber,
  },
  round: {
    form: 'round(x, digits)',
    doc: 'to so many decimals; default 0',
    least: 1,
    most: 2,
    make: ofNumber((number, [digits]) =>
      roundTo(number, Math.min(15, Math.max(0, Math.trunc(numberOf(digits ?? null) ?? 0)))),
    ),
  },
  floor: {
    form: 'floor(x)',
    doc: 'down to a whole number',
    least: 1,
    most: 1,
    make: ofNumber(Math.floor),
  },
  ceil: {
    form: 'ceil(x)',
    doc: 'up to a whole number',
    least: 1,
    most: 1,
    make: ofNumber(Math.ceil),
  },
  abs: { form: 'abs(x)', doc: 'without its sign', least: 1, most: 1, make: ofNumber(Math.abs) },
  min: {
    form: 'min(a, b, …)',
    doc: 'the least; null is passed over',
    least: 1,
    make: ofAll(Math.min),
  },
  max: {
    form: 'max(a, b, …)',
    doc: 'the greatest; null is passed over',
    least: 1,
    make: ofAll(Math.max),
  },
  time: {
    form: "time(x, 'DD.MM.YYYY HH:mm', 'Europe/Berlin')",
    doc: "epoch microseconds of a text: by the format ('ISO' or none: ISO 8601), on the clock of the zone (default UTC)",
    least: 1,
    most: 3,
    make: makeTime,
  },
  from_epoch: {
    form: "from_epoch(x, 's')",
    doc: 'epoch microseconds of a number of s, ms, us or ns',
    least: 2,
    most: 2,
    make: makeFromEpoch,
  },
  iso: {
    form: 'iso(micros)',
    doc: 'a time as ISO 8601 text',
    least: 1,
    most: 1,
    make: ofNumber((micros) => formatIsoMicros(micros)),
  },
}
