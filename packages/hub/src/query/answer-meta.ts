/** What every answer says besides its rows, and how a store says that it has none. */

import type { AnswerMeta } from '@llmhub/schema'
import { formatIsoMicros } from '@llmhub/schema'
import type { AskOutcome } from '../core/ask.ts'
import type { Frame, Plan, QueryFailure, QueryOutcome } from '../store/store.ts'

/** Answers a plan for the scope of the question; bound by the caller. */
export type RunPlan = (plan: Plan) => Promise<QueryOutcome>

/** A store failure as an answer to a question. */
export function failureOf(
  failure: QueryFailure,
  message: string,
): Extract<AskOutcome, { ok: false }> {
  const codes = {
    rebuilding: 'store_rebuilding',
    timeout: 'query_timeout',
    cancelled: 'query_timeout',
    too_many_rows: 'result_too_large',
  } as const
  return { ok: false, code: codes[failure], message, issues: [] }
}

/** What all frames include: the least position of each partition, the least watermark. */
export function metaOf(
  question: { readonly from: number; readonly to: number; readonly timezone: string },
  frames: readonly Frame[],
  warnings: readonly string[],
): AnswerMeta {
  const position = new Map<number, bigint>()
  let watermark: number | null = null
  const sources = new Set<AnswerMeta['source']>()
  for (const frame of frames) {
    sources.add(frame.source)
    for (const [partition, offset] of frame.position) {
      const known = position.get(partition)
      if (known === undefined || offset < known) position.set(partition, offset)
    }
    if (frame.watermark !== null && (watermark === null || frame.watermark < watermark)) {
      watermark = frame.watermark
    }
  }
  const [source = 'raw'] = sources
  return {
    asOf: {
      position: Object.fromEntries(
        [...position]
          .sort(([a], [b]) => a - b)
          .map(([partition, offset]) => [partition, `${offset}`]),
      ),
      watermark: watermark === null ? null : formatIsoMicros(watermark),
    },
    source: sources.size > 1 ? 'mixed' : source,
    partial: false,
    warnings,
    timezone: question.timezone,
    from: formatIsoMicros(question.from),
    to: formatIsoMicros(question.to),
  }
}
