import type { Letter } from '../store/letters.ts'
import { type Patch, patchEvent } from './patch-event.ts'

/** The event that a letter is taken in as, or why it cannot be: code and words for its owner. */
export type Replayable =
  | { readonly ok: true; readonly event: unknown; readonly eventId: string | null }
  | {
      readonly ok: false
      readonly code: 'not_replayable' | 'invalid_patch'
      readonly path: string
      readonly message: string
    }

/** What is missing of a body of each form, for people. */
const MISSING: Readonly<Record<string, string>> = {
  text: 'it is no JSON',
  cut: 'it was too long and only its beginning was kept',
  redacted: 'a secret, or what may be content, was left out',
}

/** The kept body as JSON, or null where there is no JSON object of it. */
export function keptJson(body: string | null): unknown {
  if (body === null) return null
  try {
    const value: unknown = JSON.parse(body)
    return typeof value === 'object' ? value : null
  } catch {
    return null
  }
}

/** Whether what was kept is the event as sent, so that it can be taken in again. */
export function isReplayable({ bodyForm }: Pick<Letter, 'bodyForm'>): boolean {
  return bodyForm === 'event'
}

/**
 * The event of a letter after `patch`. An event that was sent without an id gets that of the letter,
 * so that the letter counts once however often it is replayed.
 *
 * @param corrected takes the place of the kept event; undefined where there is none
 */
export function eventOf(letter: Letter, patch: Patch, corrected?: unknown): Replayable {
  if (corrected === undefined && !isReplayable(letter)) {
    const reason = MISSING[letter.bodyForm ?? ''] ?? 'an earlier release kept it and did not say'
    const message = `what was kept is not the event as sent (${reason}): replay it with the corrected event`
    return { ok: false, code: 'not_replayable', path: '', message }
  }
  const patched = patchEvent(corrected === undefined ? keptJson(letter.body) : corrected, patch)
  if (!patched.ok) return { ok: false, code: 'invalid_patch', ...patched.issue }
  return { ok: true, ...withId(patched.event, letter) }
}

function withId(
  event: unknown,
  letter: Letter,
): { readonly event: unknown; readonly eventId: string | null } {
  if (typeof event !== 'object' || event === null || !('common' in event)) {
    return { event, eventId: null }
  }
  const { common } = event
  if (typeof common !== 'object' || common === null || Array.isArray(common)) {
    return { event, eventId: null }
  }
  const known = 'event_id' in common ? common.event_id : undefined
  if (known !== undefined && known !== null) {
    const isId = typeof known === 'string' || typeof known === 'number'
    return { event, eventId: isId ? String(known) : null }
  }
  const eventId = letter.eventId ?? `letter:${letter.rejectId}`
  return { event: { ...event, common: { ...common, event_id: eventId } }, eventId }
}
