import { CONTENT_FIELDS, REJECT_COLUMNS } from '@llmhub/schema'
import { type Batch, BatchBuilder } from '@llmhub/stream'

/**
 * Rejected events as rows of the log, so that nothing vanishes and each can be looked at and sent
 * again. What users and models wrote is taken out, and so is what looks like a secret: a body that was
 * refused has not been checked, so both are looked for at every depth.
 */

/** Greatest length of a kept body, UTF-8 bytes. */
export const MAX_BODY_BYTES = 16_384
const MAX_TEXT_BYTES = 2_048
const DEEPEST = 64

const CONTENT: ReadonlySet<string> = new Set(CONTENT_FIELDS)
const SECRET =
  /authorization|api[-_]?key|apikey|password|passwd|secret|access[-_]?token|refresh[-_]?token|bearer|cookie|private[-_]?key|credential/i
const REDACTED = '[redacted]'
/** A quoted key of raw text, with its colon. */
const QUOTED_KEY = /"((?:[^"\\]|\\.){1,64})"\s*:/g

const encoder = new TextEncoder()
const decoder = new TextDecoder()

/** `text` cut to at most `limit` bytes of UTF-8, between characters. */
export function cutText(text: string, limit: number): string {
  if (text.length * 3 <= limit) return text
  const target = new Uint8Array(limit)
  const { read, written } = encoder.encodeInto(text, target)
  return read === text.length ? text : decoder.decode(target.subarray(0, written))
}

/**
 * What a kept body is.
 * - `event`: the event as sent. Content fields where intake drops them too may be missing: the event
 *   is taken in from it as it would have been from the one sent.
 * - `redacted`: something is missing or stands for something else: a secret, or content elsewhere.
 * - `cut`: only its beginning. `text`: no JSON at all.
 */
export type BodyForm = 'event' | 'redacted' | 'cut' | 'text'

export interface KeptBody {
  readonly text: string
  readonly form: BodyForm
}

/** Writes JSON until it is long enough. */
class BodyWriter {
  text = ''
  isCut = false
  isRedacted = false
  readonly #keepContent: boolean

  constructor(keepContent: boolean) {
    this.#keepContent = keepContent
  }

  /** Whether there is room for more; asked where something more is to be written. */
  #hasRoom(): boolean {
    if (this.text.length < MAX_BODY_BYTES) return true
    this.isCut = true
    return false
  }

  /** @param isFrame whether intake drops content fields of this object: the event, `common`, `payload` */
  write(value: unknown, depth: number, isFrame: boolean): void {
    if (typeof value === 'string') {
      this.text += JSON.stringify(
        value.length > MAX_BODY_BYTES ? value.slice(0, MAX_BODY_BYTES) : value,
      )
    } else if (typeof value !== 'object' || value === null) {
      // JSON such as 1e999 is read as a number that JSON cannot write.
      if (typeof value === 'number' && !Number.isFinite(value)) this.isRedacted = true
      this.text += JSON.stringify(value) ?? 'null'
    } else if (depth >= DEEPEST) {
      this.isRedacted = true
      this.text += '"[nested]"'
    } else if (Array.isArray(value)) {
      this.text += '['
      for (let i = 0; i < value.length && this.#hasRoom(); i++) {
        if (i > 0) this.text += ','
        this.write(value[i], depth + 1, false)
      }
      this.text += ']'
    } else {
      this.#object(value as Record<string, unknown>, depth, isFrame)
    }
  }

  #object(object: Record<string, unknown>, depth: number, isFrame: boolean): void {
    this.text += '{'
    let first = true
    for (const key in object) {
      if (!this.#hasRoom()) break
      if (CONTENT.has(key) && !this.#keepContent) {
        if (!isFrame) this.isRedacted = true
        continue
      }
      if (!first) this.text += ','
      first = false
      const name = cutText(key, MAX_TEXT_BYTES)
      if (name !== key) this.isRedacted = true
      this.text += `${JSON.stringify(name)}:`
      if (SECRET.test(key)) {
        this.isRedacted = true
        this.text += JSON.stringify(REDACTED)
      } else {
        const value = object[key]
        this.write(value, depth + 1, depth === 0 && (key === 'common' || key === 'payload'))
      }
    }
    this.text += '}'
  }
}

/** The event as JSON without content and secrets, at most 16 KiB of UTF-8. */
export function describeBody(value: unknown, keepContent: boolean): KeptBody {
  const writer = new BodyWriter(keepContent)
  writer.write(value, 0, true)
  const text = cutText(writer.text, MAX_BODY_BYTES)
  if (writer.isCut || text !== writer.text) return { text, form: 'cut' }
  return { text, form: writer.isRedacted ? 'redacted' : 'event' }
}

/**
 * Text that is no JSON cannot be taken apart: it is kept up to the first key that names content or a
 * secret, which is as far as it is known to be harmless.
 */
export function describeText(text: string, keepContent: boolean): KeptBody {
  const cut = cutText(text, MAX_BODY_BYTES)
  for (const match of cut.matchAll(QUOTED_KEY)) {
    const key = match[1] ?? ''
    if (SECRET.test(key) || (CONTENT.has(key) && !keepContent)) {
      return { text: `${cut.slice(0, match.index)}${REDACTED}`, form: 'text' }
    }
  }
  return { text: cut, form: 'text' }
}

export interface DeadLetter {
  readonly project: string
  readonly rejectId: string
  /** Epoch microseconds. */
  readonly receivedAt: number
  readonly receiver: string
  readonly eventId: string | null
  readonly code: string
  readonly path: string
  readonly message: string
  readonly body: KeptBody
}

/** Batch of dead letters. */
export class DeadLetters {
  readonly #builder = new BatchBuilder(REJECT_COLUMNS)

  get rows(): number {
    return this.#builder.rows
  }

  add(letter: DeadLetter): void {
    const builder = this.#builder
    const row = builder.addRow()
    builder.dict('project').set(row, letter.project)
    builder.text('reject_id').set(row, letter.rejectId)
    builder.int64('received_at').set(row, letter.receivedAt)
    builder.dict('receiver').set(row, letter.receiver)
    if (letter.eventId !== null) {
      builder.text('event_id').set(row, cutText(letter.eventId, MAX_TEXT_BYTES))
    }
    builder.dict('code').set(row, letter.code)
    builder.text('path').set(row, cutText(letter.path, MAX_TEXT_BYTES))
    builder.text('message').set(row, cutText(letter.message, MAX_TEXT_BYTES))
    builder.text('body').set(row, letter.body.text)
    builder.dict('body_form').set(row, letter.body.form)
  }

  /** The batch; nothing may be added afterwards. */
  finish(): Batch {
    return this.#builder.finish()
  }
}

/** Event id of an event that may be anything, where it has one. */
export function eventIdOf(event: unknown): string | null {
  if (typeof event !== 'object' || event === null || !('common' in event)) return null
  const { common } = event
  if (typeof common !== 'object' || common === null || !('event_id' in common)) return null
  const id = common.event_id
  return typeof id === 'string' || typeof id === 'number' ? String(id) : null
}
