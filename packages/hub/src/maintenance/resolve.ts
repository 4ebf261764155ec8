/**
 * What people do about dead letters: take them in again, or dismiss them.
 *
 * replay    letters → events (kept or corrected, patched) → the normal intake, backfill partition →
 *           a `resolve` operation that names the letter and its event
 *
 * Between the two the process may die: the letter is still open then, and taking it in again finds
 * its event as a duplicate, by the same id, and resolves it. What intake would reject is left alone
 * and told, so that trying in vain makes no further letters.
 */

import type { Intake, IntakeOutcome } from '../core/intake.ts'
import type { ProjectScope } from '../core/scope.ts'
import { type Appended, BACKFILL } from '../log/log.ts'
import type { Cut, ResolvedLetter } from '../log/operation.ts'
import type { AskLetters, Letter, LetterFilter, LetterPlace } from '../store/letters.ts'
import type { QueryFailure } from '../store/store.ts'
import { type ActTools, cutAbove, type Maintenance, MaintenanceError } from './operations.ts'
import type { Patch } from './patch-event.ts'
import { eventOf } from './replayable.ts'

/** Letters of one request. */
export const MAX_LETTERS = 1000

export interface ResolveParts {
  readonly ask: AskLetters
  readonly intake: Intake
  /** Most events that intake takes at once. */
  readonly maxEvents: number
  readonly maintenance: Pick<Maintenance, 'run'>
}

/** Which letters: the first `limit` that pass the filter, newest first, behind `before`. */
export interface LetterChoice {
  readonly filter: LetterFilter
  readonly before: LetterPlace | null
  readonly limit: number
}

export interface Replay extends LetterChoice {
  readonly patch: Patch
  /** In place of the kept event; for one letter. */
  readonly corrected?: unknown
  /** Say what would become of each, change nothing. */
  readonly dryRun: boolean
}

/**
 * - `accepted`, `duplicate`: it is an event now, or was one already
 * - `rejected`: intake refuses it, with code and path; `not_replayable`: it is not the event as sent;
 *   `invalid_patch`: the patch does not fit it. It stays as it was
 * - `dismissed`; `unchanged`: it was replayed before
 */
export interface LetterResult {
  readonly letter: Letter
  readonly outcome:
    | 'accepted'
    | 'duplicate'
    | 'rejected'
    | 'not_replayable'
    | 'invalid_patch'
    | 'dismissed'
    | 'unchanged'
  readonly eventId: string | null
  readonly code?: string
  readonly path?: string
  readonly message?: string
}

export type ResolveOutcome =
  | {
      readonly ok: true
      readonly results: readonly LetterResult[]
      /** Where the next letters begin; null when these were all. */
      readonly next: LetterPlace | null
      /** Position of the events in the log, for a question that waits for them. */
      readonly position: string | null
    }
  | {
      readonly ok: false
      readonly code: QueryFailure | 'stopped' | Extract<IntakeOutcome, { ok: false }>['code']
      readonly message: string
      readonly retryAfterSeconds?: number
    }

type Failed = Extract<ResolveOutcome, { ok: false }>

/** The acts on dead letters. `by` is the id of the key that asks. */
export interface LetterActs {
  readonly ask: AskLetters
  replay(
    request: Replay,
    scope: ProjectScope,
    by: string | null,
    signal: AbortSignal,
  ): Promise<ResolveOutcome>
  dismiss(
    choice: LetterChoice,
    scope: ProjectScope,
    by: string | null,
    signal: AbortSignal,
  ): Promise<ResolveOutcome>
}

export function createLetterActs(parts: ResolveParts): LetterActs {
  const run = async (
    by: string | null,
    signal: AbortSignal,
    act: (tools: ActTools) => Promise<ResolveOutcome>,
  ): Promise<ResolveOutcome> => {
    try {
      return await parts.maintenance.run(by, act, signal)
    } catch (error) {
      if (!(error instanceof MaintenanceError)) throw error
      return { ok: false, code: 'stopped', message: error.message }
    }
  }
  return {
    ask: parts.ask,
    replay: (request, scope, by, signal) =>
      run(by, signal, (tools) => replayLetters(parts, tools, request, scope)),
    dismiss: (choice, scope, by, signal) =>
      run(by, signal, (tools) => dismissLetters(parts, tools, choice, scope)),
  }
}

/** A letter that can be taken in, with the event it becomes. */
interface Candidate {
  readonly letter: Letter
  readonly event: unknown
  readonly eventId: string | null
}

async function replayLetters(
  parts: Omit<ResolveParts, 'maintenance'>,
  tools: ActTools,
  request: Replay,
  scope: ProjectScope,
): Promise<ResolveOutcome> {
  const chosen = await choose(parts.ask, tools, request, scope, true)
  if (!chosen.ok) return chosen
  const results = new Map<Letter, LetterResult>()
  const candidates: Candidate[] = []
  for (const letter of chosen.letters) {
    if (letter.status === 'replayed') {
      results.set(letter, { letter, outcome: 'unchanged', eventId: letter.replayedAs })
      continue
    }
    const replayable = eventOf(letter, request.patch, request.corrected)
    if (replayable.ok) candidates.push({ letter, ...replayable })
    else {
      const { code, path, message } = replayable
      results.set(letter, { letter, outcome: code, eventId: null, path, message })
    }
  }
  let position: string | null = null
  let appended: Appended | null = null
  for (const group of groupsOf(candidates, Math.min(MAX_LETTERS, parts.maxEvents))) {
    let waiting: readonly Candidate[] = group
    while (waiting.length > 0) {
      // A trial first: what is rejected for real becomes another letter.
      const trial = await takeIn(parts.intake, waiting, true)
      if (!trial.ok) return trial
      for (const result of trial.results) results.set(result.letter, result)
      if (request.dryRun) break
      const { now, later } = firstOfEachId(waiting, trial.results)
      waiting = later
      if (now.length === 0) continue
      if (tools.signal.aborted) return STOPPED
      const taken = await takeIn(parts.intake, now, false)
      if (!taken.ok) return taken
      for (const result of taken.results) results.set(result.letter, result)
      let { position: cut } = chosen
      if (taken.position !== null) {
        position = taken.position
        // Applied before the operation is written: its cut is then reached wherever it is read.
        const next = BigInt(position.slice(position.indexOf(':') + 1))
        if (!(await tools.untilApplied({ partition: BACKFILL, first: next, next }))) return STOPPED
        cut = new Map([...cut, [BACKFILL, next]])
      }
      const resolved = taken.results.filter(({ outcome }) => outcome !== 'rejected')
      const outcome = await resolve(tools, cut, resolved, 'replayed')
      if (!('partition' in outcome)) return outcome
      appended = outcome
    }
  }
  if (appended !== null && !(await tools.untilApplied(appended))) return STOPPED
  return { ok: true, results: inOrder(chosen.letters, results), next: chosen.next, position }
}

async function dismissLetters(
  parts: Pick<ResolveParts, 'ask'>,
  tools: ActTools,
  choice: LetterChoice,
  scope: ProjectScope,
): Promise<ResolveOutcome> {
  const chosen = await choose(parts.ask, tools, choice, scope, false)
  if (!chosen.ok) return chosen
  const results = chosen.letters.map((letter): LetterResult => {
    const outcome = letter.status === 'open' ? 'dismissed' : 'unchanged'
    return { letter, outcome, eventId: letter.replayedAs }
  })
  const open = results.filter(({ outcome }) => outcome === 'dismissed')
  if (open.length > 0) {
    const outcome = await resolve(tools, chosen.position, open, 'dismissed')
    if (!('partition' in outcome)) return outcome
    if (!(await tools.untilApplied(outcome))) return STOPPED
  }
  return { ok: true, results, next: chosen.next, position: null }
}

const STOPPED: Failed = {
  ok: false,
  code: 'stopped',
  message: 'stopped in the middle: do it again, what was done counts once',
}

type Chosen =
  | {
      readonly ok: true
      readonly letters: readonly Letter[]
      readonly position: Cut
      readonly next: LetterPlace | null
    }
  | Failed

async function choose(
  ask: AskLetters,
  tools: ActTools,
  { filter, before, limit }: LetterChoice,
  scope: ProjectScope,
  bodies: boolean,
): Promise<Chosen> {
  const question = { type: 'list', filter, before, limit: limit + 1, bodies } as const
  const outcome = await ask(question, scope, tools.signal)
  if (!outcome.ok) return { ok: false, code: outcome.failure, message: outcome.message }
  const { letters, position } = outcome.answer
  const shown = letters.slice(0, limit)
  return {
    ok: true,
    letters: shown,
    position,
    next: letters.length > limit ? (shown.at(-1) ?? null) : null,
  }
}

/** Letters that may go in together: of one project, as one receiver would send them. */
function* groupsOf(candidates: readonly Candidate[], size: number): Generator<Candidate[]> {
  const groups = Map.groupBy(candidates, ({ letter }) => `${letter.receiver} ${letter.project}`)
  for (const group of groups.values()) {
    for (let i = 0; i < group.length; i += size) yield group.slice(i, i + size)
  }
}

/**
 * Those a trial lets in, but of several with one id the first alone: whether the others are the same
 * event or another one, the next trial tells. It settles all of them, so that there are few trials.
 */
function firstOfEachId(
  candidates: readonly Candidate[],
  trial: readonly LetterResult[],
): { readonly now: readonly Candidate[]; readonly later: readonly Candidate[] } {
  const ids = new Set<string | null>()
  const now: Candidate[] = []
  const later: Candidate[] = []
  for (const [i, candidate] of candidates.entries()) {
    const outcome = trial[i]?.outcome
    if (outcome === 'rejected') continue
    if (outcome === 'accepted' && ids.has(candidate.eventId)) later.push(candidate)
    else now.push(candidate)
    ids.add(candidate.eventId)
  }
  return { now, later }
}

async function takeIn(
  intake: Intake,
  group: readonly Candidate[],
  dryRun: boolean,
): Promise<
  | {
      readonly ok: true
      readonly results: readonly LetterResult[]
      readonly position: string | null
    }
  | Failed
> {
  const { project = '', receiver = '' } = group[0]?.letter ?? {}
  const events = group.map(({ event }) => event)
  const outcome = await intake({
    project,
    receiver,
    partition: BACKFILL,
    events,
    ...(dryRun ? { dryRun } : {}),
  })
  if (!outcome.ok) return outcome
  const told = new Map(outcome.answer.results.map((result) => [result.index, result]))
  const results = group.map(({ letter, eventId }, i): LetterResult => {
    const result = told.get(i)
    if (result === undefined) return { letter, outcome: 'accepted', eventId }
    const { index: _, outcome: what, ...why } = result
    return { letter, outcome: what, eventId: what === 'rejected' ? null : eventId, ...why }
  })
  return { ok: true, results, position: outcome.answer.position }
}

/** Writes down what became of the letters; answers where in the log. */
async function resolve(
  tools: ActTools,
  position: Cut,
  results: readonly LetterResult[],
  as: 'replayed' | 'dismissed',
): Promise<Appended | Failed> {
  const letters = results.map(
    ({ letter, eventId }): ResolvedLetter => ({
      project: letter.project,
      rejectId: letter.rejectId,
      eventId: as === 'replayed' ? eventId : null,
    }),
  )
  const cut = cutAbove(
    position,
    results.map(({ letter }) => letter),
  )
  const outcome = await tools.append({ op: 'resolve', as, letters, ...tools.head(cut) })
  if (outcome.ok) return outcome.appended
  const code = outcome.failure === 'disk_full' ? 'disk_full' : 'stopped'
  return { ok: false, code, message: outcome.message }
}

function inOrder(
  letters: readonly Letter[],
  results: ReadonlyMap<Letter, LetterResult>,
): LetterResult[] {
  return letters.map((letter) => {
    const result = results.get(letter)
    if (result === undefined) throw new Error(`no outcome of the letter ${letter.rejectId}`)
    return result
  })
}
