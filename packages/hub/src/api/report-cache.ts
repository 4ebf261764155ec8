import { hash } from 'node:crypto'
import type { Cache } from '../cache/cache.ts'
import type { Ask } from '../core/ask.ts'
import type { Clock } from '../core/clock.ts'
import type { ReportOutcome, ReportSpec } from '../core/report.ts'
import type { ProjectScope } from '../core/scope.ts'

/**
 * Answers reports from the cache where that is exact.
 *
 * A key is (report, parameters, project, now, version of the range): the store changes the version
 * of a range with every row in it, so that an entry is either as good as a new answer or has another
 * key; nothing is ever invalidated. The same key makes the ETag.
 *
 * *Now* is rounded up to the next 5 s, which callers within those share, unless both ends of the
 * range are given and have passed: then the report does not depend on it. (Before that the rates and
 * the completeness of buckets do.) Rounding up loses no row.
 *
 * Which range a report reads is only known from the answers it got. It is remembered per report and
 * parameters; before it is known the version of all time stands for it, which changes more often
 * but is just as right. A remembered range is stretched to the new *now*; should a report read
 * outside of it after all, its answer is not kept.
 */
export interface ReportCacheOptions {
  readonly cache: Cache
  readonly clock: Clock
  readonly ask: Ask
  /** Epoch microseconds, [from, to). */
  readonly rangeVersion: (scope: ProjectScope, from: number, to: number) => Promise<string>
  /** Time a report may take. Default 30 s. */
  readonly deadlineMs?: number
}

export type CachedReport =
  | { readonly source: 'not_modified'; readonly etag: string }
  | { readonly source: 'hit' | 'miss'; readonly etag: string; readonly body: Uint8Array }
  | { readonly source: 'failed'; readonly outcome: ReportOutcome & { readonly ok: false } }

interface Range {
  /** Epoch microseconds. */
  readonly from: number
  readonly to: number
}

interface KnownRange extends Range {
  /** The rounded now it was read at. */
  readonly now: number
}

const NOW_STEP_MS = 5000
const TTL_MS = 600_000
const ALL_TIME: Range = { from: -8.64e18, to: 8.64e18 }
const MAX_RANGES = 10_000

export class ReportCache {
  readonly #options: ReportCacheOptions
  readonly #ranges = new Map<string, KnownRange>()
  /** Reports being made, so that callers who want the same one wait for it. */
  readonly #running = new Map<string, Promise<CachedReport>>()

  constructor(options: ReportCacheOptions) {
    this.#options = options
  }

  /** `ifNoneMatch` is the header's value. */
  async answer(
    report: ReportSpec,
    parameters: Readonly<Record<string, string>>,
    scope: ProjectScope,
    ifNoneMatch: string | undefined,
  ): Promise<CachedReport> {
    const { cache, clock, rangeVersion } = this.#options
    const now = (Math.floor(clock.now() / NOW_STEP_MS) + 1) * NOW_STEP_MS
    const name = nameOf(report, parameters, scope)
    const known = this.#ranges.get(name)
    const fixed =
      isFixed(report, parameters) && known !== undefined && known.to <= clock.now() * 1000
    const range = known === undefined ? ALL_TIME : fixed ? known : stretched(known, now)
    const version = await rangeVersion(scope, range.from, range.to)
    const key = `${name}\n${fixed ? 'fixed' : now}\n${range.from},${range.to}\n${version}`
    const etag = etagOf(key)
    if (ifNoneMatch !== undefined && matches(ifNoneMatch, etag)) {
      return { source: 'not_modified', etag }
    }
    const body = await cache.get(key)
    if (body !== null) return { source: 'hit', etag, body }

    const running = this.#running.get(key)
    if (running !== undefined) return running
    const making = this.#make(report, parameters, scope, { key, etag, name, now, range })
    this.#running.set(key, making)
    try {
      return await making
    } finally {
      this.#running.delete(key)
    }
  }

  async #make(
    report: ReportSpec,
    parameters: Readonly<Record<string, string>>,
    scope: ProjectScope,
    at: {
      readonly key: string
      readonly etag: string
      readonly name: string
      readonly now: number
      readonly range: Range
    },
  ): Promise<CachedReport> {
    const { ask, cache, clock, deadlineMs = 30_000 } = this.#options
    const deadline = new AbortController()
    const cancel = clock.after(deadlineMs, () => deadline.abort())
    let read: Range | null = null
    let isPartial = false
    const watched: Ask = async (question, asked, signal) => {
      const outcome = await ask(question, asked, signal)
      if (outcome.ok) {
        const { from, to } = rangeOf(outcome.answer.meta, question.compare === 'previous')
        read = read === null ? { from, to } : union(read, { from, to })
        isPartial ||= outcome.answer.meta.partial
      }
      return outcome
    }
    try {
      const outcome = await report.run(parameters, watched, scope, at.now, deadline.signal)
      if (!outcome.ok) return { source: 'failed', outcome }
      const body = Buffer.from(JSON.stringify(outcome.body))
      const range = read as Range | null
      if (range !== null) this.#remember(at.name, { ...range, now: at.now })
      // An answer that waited in vain for `after` says so, which stops being true without any new version.
      const waitedInVain = parameters['after'] !== undefined && isPartial
      const isWithin = range === null || (range.from >= at.range.from && range.to <= at.range.to)
      if (isWithin && !waitedInVain) {
        await cache.set(at.key, body, TTL_MS)
      }
      return { source: 'miss', etag: at.etag, body }
    } finally {
      cancel()
    }
  }

  #remember(name: string, range: KnownRange): void {
    this.#ranges.delete(name)
    this.#ranges.set(name, range)
    if (this.#ranges.size <= MAX_RANGES) return
    for (const oldest of this.#ranges.keys()) {
      this.#ranges.delete(oldest)
      return
    }
  }
}

/** Escaped, so that no value can pass for another parameter. */
function nameOf(
  report: ReportSpec,
  parameters: Readonly<Record<string, string>>,
  scope: ProjectScope,
): string {
  const sorted = Object.keys(parameters).toSorted()
  const pairs = sorted.map((name) => `${name}=${encodeURIComponent(parameters[name] ?? '')}`)
  return `report ${report.path}?${pairs.join('&')} ${scope.project ?? '*'}`
}

/** Whether both ends of the range are given, and no time that is given is relative to *now*. */
function isFixed(report: ReportSpec, parameters: Readonly<Record<string, string>>): boolean {
  const times = report.parameters.filter(({ name, type }) => type === 'time' && name in parameters)
  return (
    isAbsolute(parameters['start_time'] ?? parameters['from']) &&
    isAbsolute(parameters['end_time'] ?? parameters['to']) &&
    times.every(({ name }) => isAbsolute(parameters[name]))
  )
}

function isAbsolute(time: string | undefined): boolean {
  // Blanks may stand before it.
  return time !== undefined && !/now/iu.test(time)
}

function stretched(known: KnownRange, now: number): Range {
  return { from: known.from, to: known.to + Math.max(0, now - known.now) * 1000 }
}

function rangeOf(meta: { readonly from: string; readonly to: string }, compared: boolean): Range {
  const from = Date.parse(meta.from) * 1000
  // Text may cut the end off below a millisecond.
  const to = Date.parse(meta.to) * 1000 + 1000
  return { from: compared ? from - (to - from) : from, to }
}

function union(a: Range, b: Range): Range {
  return { from: Math.min(a.from, b.from), to: Math.max(a.to, b.to) }
}

/** Weak: a new answer under the same key says the same in perhaps other bytes. */
function etagOf(key: string): string {
  return `W/"${hash('sha256', key, 'base64url').slice(0, 22)}"`
}

/** The weak comparison of RFC 9110 §13.1.2; tags of ours hold no comma. */
function matches(ifNoneMatch: string, etag: string): boolean {
  return ifNoneMatch.split(',').some((tag) => tag.trim().replace(/^(?!W\/)/, 'W/') === etag)
}
