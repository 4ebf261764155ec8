/** Erasures of a subject: what is on record about them. Nothing here names the subject. */

/**
 * What to do with rows of others that name the subject.
 * - `words`: erased where the name stands as a word of its own
 * - `anywhere`: erased wherever its characters occur, inside longer words too
 * - `keep`: left as they are
 */
export const MENTION_MODES = ['words', 'anywhere', 'keep'] as const
export type MentionMode = (typeof MENTION_MODES)[number]

/** Rows, by family of events or `dead_letters`, and by the column in which the name was found. */
export interface ErasureCounts {
  /** Rows whose user or actor is the subject, and dead letters that have it as a value. */
  readonly own: Readonly<Record<string, number>>
  /** Further rows that are erased because they name it. */
  readonly mentions: Readonly<Record<string, number>>
  /** Rows that hold its characters and stay, by the column. */
  readonly left: Readonly<Record<string, number>>
}

/** What an erasure did, and what a look afterwards found. */
export interface ErasureResult {
  /** Epoch milliseconds. */
  readonly finishedAt: number
  /** Segments of the log written anew, and how many of their records changed. */
  readonly segments: number
  readonly records: number
  /** Bytes of the database file before and after it was written anew. */
  readonly bytesBefore: number
  readonly bytesAfter: number
  /** Folders of set-aside damaged files that were removed. */
  readonly removedFolders: number
  readonly verification: ErasureVerification
}

export interface ErasureVerification {
  /**
   * `text`: every record of the log was searched for the name. `places`: the name was no longer known,
   * because the hub had been started again; every place was looked at instead.
   */
  readonly by: 'text' | 'places'
  /** Records looked at. */
  readonly records: number
  /** Rows that should be gone and are not. */
  readonly failed: number
  /** Records in which the characters of the name still occur: those of rows that stay. Null by `places`. */
  readonly left: number | null
  /** Whether names of keys, projects or holds contain it; null by `places`. */
  readonly control: boolean | null
}

/**
 * An erasure as the control store keeps it. It can be given to a restored folder, which then erases the
 * same rows again: places in the log never change.
 */
export interface Erasure {
  readonly id: string
  /** `pending` until nothing of the subject is on disk any more. */
  readonly state: 'pending' | 'done'
  /** Epoch milliseconds. */
  readonly createdAt: number
  /** Id of the key that asked. */
  readonly by: string | null
  /** Null: every project. */
  readonly project: string | null
  readonly mode: MentionMode
  /** HMAC-SHA-256 of the subject, hex; the key is a secret of the folder. */
  readonly subjectHash: string
  /** Offset per partition below which everything was looked at. */
  readonly cut: ReadonlyMap<number, bigint>
  readonly counts: ErasureCounts
  /** Places of the rows, in pieces of one operation each: see `packPlaces`. */
  readonly places: readonly string[]
  /** Erased dead letters whose resolution is taken out of the log: project and id. */
  readonly letters: readonly (readonly [project: string, rejectId: string])[]
  /** Offsets of the records in the live partition that hold those resolutions. */
  readonly resolutions: readonly bigint[]
  readonly result: ErasureResult | null
}

/** The receipt: an erasure as JSON, from which `parseErasure` makes the same erasure again. */
export function erasureReceipt(erasure: Erasure): Readonly<Record<string, unknown>> {
  const { result } = erasure
  return {
    ...erasureSummary(erasure),
    cut: Object.fromEntries([...erasure.cut].map(([p, next]) => [p, String(next)])),
    places: erasure.places,
    letters: erasure.letters,
    resolutions: erasure.resolutions.map(String),
    verification: result === null ? null : { ...result.verification },
  }
}

/** The same without what only a restore needs. */
export function erasureSummary(erasure: Erasure): Readonly<Record<string, unknown>> {
  const { result } = erasure
  return {
    id: erasure.id,
    state: erasure.state,
    created_at: new Date(erasure.createdAt).toISOString(),
    created_by: erasure.by,
    project: erasure.project,
    mentions: erasure.mode,
    subject_hash: erasure.subjectHash,
    rows: erasure.counts,
    finished_at: result === null ? null : new Date(result.finishedAt).toISOString(),
    segments_rewritten: result?.segments ?? null,
    records_rewritten: result?.records ?? null,
    bytes_before: result?.bytesBefore ?? null,
    bytes_after: result?.bytesAfter ?? null,
    folders_removed: result?.removedFolders ?? null,
  }
}

/** @throws TypeError when the document is no receipt */
export function parseErasure(document: unknown): Erasure {
  const receipt = record(document, 'receipt')
  const mode = MENTION_MODES.find((each) => each === receipt['mentions'])
  if (mode === undefined) throw new TypeError('receipt without a known `mentions`')
  const finished = receipt['finished_at']
  const verification = receipt['verification']
  return {
    id: text(receipt, 'id'),
    state: receipt['state'] === 'done' ? 'done' : 'pending',
    createdAt: time(receipt, 'created_at'),
    by: nullableText(receipt, 'created_by'),
    project: nullableText(receipt, 'project'),
    mode,
    subjectHash: text(receipt, 'subject_hash'),
    cut: new Map(
      Object.entries(record(receipt['cut'], 'cut')).map(([partition, next]) => [
        Number(partition),
        BigInt(String(next)),
      ]),
    ),
    counts: record(receipt['rows'], 'rows') as unknown as ErasureCounts,
    places: texts(receipt['places'], 'places'),
    letters: list(receipt['letters'], 'letters').map((pair) => {
      const [project, id] = texts(pair, 'letters')
      if (project === undefined || id === undefined) throw new TypeError('`letters` are pairs')
      return [project, id] as const
    }),
    resolutions: texts(receipt['resolutions'], 'resolutions').map(BigInt),
    result:
      typeof finished !== 'string' || verification === null
        ? null
        : {
            finishedAt: time(receipt, 'finished_at'),
            segments: number(receipt, 'segments_rewritten'),
            records: number(receipt, 'records_rewritten'),
            bytesBefore: number(receipt, 'bytes_before'),
            bytesAfter: number(receipt, 'bytes_after'),
            removedFolders: number(receipt, 'folders_removed'),
            verification: record(verification, 'verification') as unknown as ErasureVerification,
          },
  }
}

type Fields = Readonly<Record<string, unknown>>

function record(value: unknown, name: string): Fields {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Fields
  throw new TypeError(`\`${name}\` is not an object`)
}

function list(value: unknown, name: string): readonly unknown[] {
  if (Array.isArray(value)) return value
  throw new TypeError(`\`${name}\` is not an array`)
}

function texts(value: unknown, name: string): readonly string[] {
  return list(value, name).map((each) => {
    if (typeof each === 'string') return each
    throw new TypeError(`\`${name}\` holds something else than text`)
  })
}

function text(fields: Fields, name: string): string {
  const value = fields[name]
  if (typeof value === 'string') return value
  throw new TypeError(`\`${name}\` is not a text`)
}

function nullableText(fields: Fields, name: string): string | null {
  return fields[name] === null ? null : text(fields, name)
}

function number(fields: Fields, name: string): number {
  const value = fields[name]
  if (typeof value === 'number') return value
  throw new TypeError(`\`${name}\` is not a number`)
}

function time(fields: Fields, name: string): number {
  const value = Date.parse(text(fields, name))
  if (Number.isFinite(value)) return value
  throw new TypeError(`\`${name}\` is not a time`)
}
