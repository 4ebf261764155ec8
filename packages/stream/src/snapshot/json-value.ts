import type { ByteReader, ByteWriter } from '../bytes.ts'

/** Numbers that JSON has no text for, by a text that begins as no other does. */
const MARK = '\u0000number:'

/** Writes what JSON can tell, and the numbers that it cannot (NaN, ±∞, −0). */
export function writeValue(value: unknown, out: ByteWriter): void {
  out.text(
    JSON.stringify(value, (_, member: unknown) => {
      if (typeof member !== 'number') return member
      if (Object.is(member, -0)) return `${MARK}-0`
      return Number.isFinite(member) ? member : `${MARK}${member}`
    }) ?? 'null',
  )
}

/** Throws a StreamError `bad_snapshot` when it is no JSON. */
export function readValue(from: ByteReader): unknown {
  const text = from.text()
  try {
    return JSON.parse(text, (_, member: unknown) =>
      typeof member === 'string' && member.startsWith(MARK)
        ? Number(member.slice(MARK.length))
        : member,
    )
  } catch {
    throw from.bad('a value that is no JSON')
  }
}
