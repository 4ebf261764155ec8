import { decodeBatch, numberAt, textAt } from '@llmhub/stream'
import type { ErasureCounts, MentionMode } from '../core/erasure.ts'
import { type Hold, holdsOn, LETTERS } from '../core/retention.ts'
import { BACKFILL, LIVE, type Log, type LogRecord } from '../log/log.ts'
import { type Cut, decodeOperation } from '../log/operation.ts'
import { PlacePacker } from './erasure-places.ts'
import type { Subject } from './subject.ts'

export interface SubjectSearch {
  readonly subject: Subject
  /** Null: every project. */
  readonly project: string | null
  readonly mode: MentionMode
  /** Holds in force and released ones. */
  readonly holds: readonly Hold[]
  readonly signal: AbortSignal
}

/** What the log holds of a subject. */
export interface SubjectFound {
  /** Everything below was looked at. */
  readonly cut: Cut
  readonly counts: ErasureCounts
  readonly places: readonly string[]
  readonly letters: readonly (readonly [project: string, rejectId: string])[]
  readonly resolutions: readonly bigint[]
  /** Names of holds in force that keep a row which would be erased. */
  readonly heldBy: readonly string[]
}

/** The signal was aborted. */
export class SearchStopped extends Error {
  override readonly name = 'SearchStopped'
}

/**
 * Reads the whole log for the rows of a subject. The log is asked and not the store, because it is
 * the log that must not hold them: rows that the store has let go may still be there.
 */
export async function findSubject(
  log: Pick<Log, 'read' | 'next' | 'earliest'>,
  search: SubjectSearch,
): Promise<SubjectFound> {
  const cut = new Map([LIVE, BACKFILL].map((partition) => [partition, log.next(partition)]))
  const resolved = await readResolutions(log, cut, search)
  const finder = new Finder(search, resolved.named)
  for (const [partition, next] of cut) {
    for await (const record of log.read(partition, log.earliest(partition), next)) {
      if (search.signal.aborted) throw new SearchStopped()
      finder.look(record)
    }
  }
  const { counts, heldBy, places, letters } = finder.finish()
  for (const key of resolved.named) letters.add(key)
  const resolutions = resolved.all
    .filter(({ keys }) => keys.some((key) => letters.has(key)))
    .map(({ offset }) => offset)
  return {
    cut,
    counts,
    heldBy,
    places,
    letters: [...letters].map(letterOf),
    resolutions,
  }
}

interface Resolutions {
  readonly all: readonly { readonly offset: bigint; readonly keys: readonly string[] }[]
  /** Letters that became an event whose id names the subject: they are erased with what was said of them. */
  readonly named: ReadonlySet<string>
}

/** What operations say of dead letters; they hold ids of events, which may name somebody. */
async function readResolutions(
  log: Pick<Log, 'read' | 'earliest'>,
  cut: Cut,
  { subject, mode, project, signal }: SubjectSearch,
): Promise<Resolutions> {
  const all: { offset: bigint; keys: readonly string[] }[] = []
  const named = new Set<string>()
  for await (const { kind, offset, payload } of log.read(LIVE, log.earliest(LIVE), cut.get(LIVE))) {
    if (signal.aborted) throw new SearchStopped()
    if (kind !== 'operation') continue
    const operation = decodeOperation(payload)
    if (operation.op !== 'resolve') continue
    const keys = operation.letters.map((letter) => letterKey(letter.project, letter.rejectId))
    all.push({ offset, keys })
    for (const [i, letter] of operation.letters.entries()) {
      if (project !== null && letter.project !== project) continue
      const relation = letter.eventId === null ? null : subject.relationOf(letter.eventId)
      if (isErasedBy(mode, relation)) named.add(keys[i] ?? '')
    }
  }
  return { all, named }
}

function isErasedBy(mode: MentionMode, relation: 'own' | 'word' | 'inside' | null): boolean {
  if (relation === null) return false
  if (relation === 'own') return true
  return mode === 'anywhere' || (mode === 'words' && relation === 'word')
}

class Finder {
  readonly #search: SubjectSearch
  readonly #named: ReadonlySet<string>
  readonly #packer = new PlacePacker()
  readonly #letters = new Set<string>()
  readonly #heldBy = new Set<string>()
  readonly #own: Record<string, number> = {}
  readonly #mentions: Record<string, number> = {}
  readonly #left: Record<string, number> = {}

  constructor(search: SubjectSearch, named: ReadonlySet<string>) {
    this.#search = search
    this.#named = named
  }

  look({ kind, partition, offset, payload }: LogRecord): void {
    const { subject, project, mode, holds } = this.#search
    if (kind === 'operation') return
    const letter = kind === 'rejects'
    if (!subject.isIn(payload) && !(letter && this.#named.size > 0)) return
    const batch = decodeBatch(payload)
    const { columns } = batch
    const rows = new Map(subject.rowsOf(batch, kind))
    if (letter && this.#named.size > 0) {
      for (let row = 0; row < batch.rows; row++) {
        const key = letterKey(
          textAt(columns.get('project'), row),
          textAt(columns.get('reject_id'), row),
        )
        if (this.#named.has(key)) rows.set(row, { relation: 'own', column: 'event_id' })
      }
    }
    for (const [row, { relation, column }] of rows) {
      const of = textAt(columns.get('project'), row) ?? ''
      if (project !== null && of !== project) continue
      if (!isErasedBy(mode, relation)) {
        add(this.#left, column)
        continue
      }
      const family = letter ? LETTERS : (textAt(columns.get('family'), row) ?? '')
      if (relation === 'own') add(this.#own, family)
      else add(this.#mentions, column)
      this.#packer.add({ partition, offset, index: row }, letter)
      if (letter) this.#letters.add(letterKey(of, textAt(columns.get('reject_id'), row)))
      const time = numberAt(columns.get(letter ? 'received_at' : 'time'), row) ?? 0
      for (const hold of holdsOn(holds, of, family, { from: time, to: time + 1 })) {
        this.#heldBy.add(hold.name)
      }
    }
  }

  finish() {
    const counts: ErasureCounts = {
      own: this.#own,
      mentions: this.#mentions,
      left: this.#left,
    }
    return {
      counts,
      heldBy: [...this.#heldBy].toSorted(),
      places: this.#packer.finish(),
      letters: this.#letters,
    }
  }
}

function add(counts: Record<string, number>, name: string): void {
  counts[name] = (counts[name] ?? 0) + 1
}

/** A letter as a text that can be in a set. */
export function letterKey(project: string | null, rejectId: string | null): string {
  return JSON.stringify([project ?? '', rejectId ?? ''])
}

function letterOf(key: string): readonly [string, string] {
  return JSON.parse(key) as [string, string]
}
