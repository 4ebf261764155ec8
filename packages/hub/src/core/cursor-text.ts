import { createHash } from 'node:crypto'

/**
 * Cursors of pages as texts that callers give back: whole numbers and texts with a checksum, so that one
 * that was damaged or made for another request is refused, not taken for another place. It is no secret and
 * no signature: a cursor says where to go on, never what may be read.
 */
export type CursorPart = string | number

/** @param binding what the cursor may be used with only: version and filters of the list, as text */
export function cursorText(parts: readonly CursorPart[], binding: string): string {
  const body = JSON.stringify(parts)
  return Buffer.from(JSON.stringify([sumOf(body, binding), ...parts])).toString('base64url')
}

/** The parts; null where the text is no cursor, is damaged, or was made with another binding. */
export function cursorParts(text: string, binding: string): readonly CursorPart[] | null {
  let value: unknown
  try {
    value = JSON.parse(Buffer.from(text, 'base64url').toString('utf8'))
  } catch {
    return null
  }
  if (!Array.isArray(value)) return null
  const [sum, ...parts] = value as unknown[]
  const isPart = (part: unknown): part is CursorPart =>
    typeof part === 'string' || Number.isSafeInteger(part)
  if (!parts.every(isPart) || sum !== sumOf(JSON.stringify(parts), binding)) return null
  return parts
}

function sumOf(body: string, binding: string): string {
  return createHash('sha256').update(`${binding}\n${body}`).digest('base64url').slice(0, 16)
}
