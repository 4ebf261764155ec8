/**
 * Answers kept for whoever asks the same again, as long as no row of their range has changed.
 *
 * The store changes the version of a range with every row in it, so that an answer of the same version
 * is as good as a new one; nothing is ever invalidated. A question whose ends are given as points in
 * time and have passed depends on nothing else. Any other depends on *now*, too: its answer is used for
 * REUSE_MICROS and says by its `from` and `to` what it is of, and is not kept at all where rows with
 * times ahead of *now* would have come into the range meanwhile.
 *
 * An entry is under the question, not under its version: the new answer takes the place of the old.
 */

import type { Answer, Question } from '@llmhub/schema'
import { formatIsoMicros, parseIsoMicros } from '@llmhub/schema'
import type { Cache } from '../cache/cache.ts'
import type { ProjectScope } from '../core/scope.ts'
import type { RangeVersion } from '../store/store.ts'
import type { ParsedQuestion } from './parse-question.ts'
import { stableText } from './stable-text.ts'

/** How far the store is: offset after the last applied record per partition, greatest event time in µs. */
export interface StoreProgress {
  readonly applied: ReadonlyMap<number, bigint>
  readonly watermark: number | null
}

export interface KeptAnswer {
  readonly version: RangeVersion
  /** Epoch microseconds at which it was asked; null when it does not depend on that. */
  readonly now: number | null
  readonly answer: Answer
}

/** Epoch microseconds, [from, to). */
export interface VersionRange {
  readonly from: number
  readonly to: number
}

const REUSE_MICROS = 1_000_000
const TTL_MS = 600_000
/** Larger answers cost more to keep than dashboards would save. */
const MAX_CELLS = 50_000
const BEGINNING_OF_TIME = -8.64e18

/** Equal for questions that differ in nothing but what they wait for (`after`). */
export function questionName(question: Question, scope: ProjectScope): string {
  const { after: _, ...rest } = question
  return `question ${JSON.stringify(scope.project)} ${stableText(rest)}`
}

/** The range whose rows the answer follows from. A comparison reads one before it, of about the same length. */
export function versionRange({ from, to, compare }: ParsedQuestion): VersionRange {
  return { from: compare ? BEGINNING_OF_TIME : from, to }
}

export async function readKept(cache: Cache, name: string): Promise<KeptAnswer | null> {
  const bytes = await cache.get(name)
  return bytes === null ? null : (JSON.parse(Buffer.from(bytes).toString('utf8')) as KeptAnswer)
}

/**
 * Keeps the answer where it may be used again.
 * @param version read before the answer's first row
 */
export async function keepAnswer(
  cache: Cache,
  name: string,
  asked: Question,
  question: ParsedQuestion,
  version: RangeVersion,
  answer: Answer,
): Promise<void> {
  if (answer.rows.length * answer.columns.length > MAX_CELLS) return
  const fixed = isFixed(asked, question)
  const latest = answer.meta.asOf.watermark
  const mayGrow = latest !== null && (parseIsoMicros(latest) ?? 0) > question.now
  if (!fixed && mayGrow) return
  const kept: KeptAnswer = { version, now: fixed ? null : question.now, answer }
  const ttlMs = fixed ? TTL_MS : REUSE_MICROS / 1000
  await cache.set(name, Buffer.from(JSON.stringify(kept)), ttlMs)
}

/** Whether a kept answer is as good as a new one. `version` was read just now, `now` is in microseconds. */
export function isReusable(kept: KeptAnswer, version: RangeVersion, now: number): boolean {
  return kept.version === version && (kept.now === null || now - kept.now <= REUSE_MICROS)
}

/**
 * An answer of the range's present version says how far the store is as of `progress`, which was read
 * before the version: the rows that have come since the answer are of other ranges.
 */
export function asOf(answer: Answer, progress: StoreProgress): Answer {
  const before = answer.meta.asOf
  const position = { ...before.position }
  let raised = false
  for (const [partition, offset] of progress.applied) {
    const known = position[partition]
    if (known !== undefined && BigInt(known) >= offset) continue
    position[partition] = `${offset}`
    raised = true
  }
  const known = before.watermark === null ? null : parseIsoMicros(before.watermark)
  const latest = progress.watermark
  const later = latest !== null && (known === null || latest > known)
  if (!raised && !later) return answer
  const watermark = later ? formatIsoMicros(latest) : before.watermark
  return { ...answer, meta: { ...answer.meta, asOf: { position, watermark } } }
}

/** Whether the answer is the same whenever it is asked: its ends are points in time, and have passed. */
function isFixed(asked: Question, question: ParsedQuestion): boolean {
  return isAbsolute(asked.from) && isAbsolute(asked.to) && question.to <= question.now
}

function isAbsolute(time: string | number | undefined): boolean {
  return time !== undefined && !/now/iu.test(String(time))
}
