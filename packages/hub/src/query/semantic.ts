/** What can be asked, as a document: a pure function of the catalogues and limits. */

import { KINDS, STEPS } from '@llmhub/schema'
import { MAX_BUCKETS } from '@llmhub/stream'
import { FIELDS } from './dimensions.ts'
import { FORMULA_LIMITS } from './formula.ts'
import { MEASURES } from './measures.ts'
import { MEASURE_LIMITS } from './parse-measures.ts'
import {
  DEFAULT_LIMITS,
  FILLS,
  QUESTION_LIMITS,
  RESERVED_KEYS,
  RESERVED_KINDS,
} from './parse-question.ts'
import { FILTER_OPS, WHERE_LIMITS } from './parse-where.ts'

/** The body of `GET /api/v1/semantic`. */
export function semanticDocument(): Readonly<Record<string, unknown>> {
  return {
    measures: MEASURES.map(({ name, unit, type, doc, kinds, guarded, additivity }) => ({
      name,
      unit,
      type,
      description: doc,
      kinds: kinds ?? KINDS.map(({ kind }) => kind),
      successful_only: guarded,
      additivity,
    })),
    dimensions: [
      ...FIELDS.filter((field) => field.groups).map(({ name, doc, aliases }) => ({
        name,
        description: doc,
        aliases,
      })),
      { name: 'tag.<key>', description: 'Value of one key of the tags.', aliases: [] },
    ],
    fields: FIELDS.map(({ name, type, doc, unit, aliases, groups }) => ({
      name,
      type,
      description: doc,
      unit: unit ?? null,
      aliases,
      groups,
    })),
    question: {
      kinds: ['series', 'table', 'list'],
      steps: STEPS,
      fills: FILLS,
      filter_ops: FILTER_OPS,
      defaults: { from: 'now-7d', to: 'now', timezone: 'UTC', fill: 'none', limit: DEFAULT_LIMITS },
      limits: {
        buckets: MAX_BUCKETS,
        measures: MEASURE_LIMITS.count,
        dimensions: QUESTION_LIMITS.dimensions,
        top: QUESTION_LIMITS.top,
        rows: QUESTION_LIMITS.rows,
        list_rows: QUESTION_LIMITS.listRows,
        filters: WHERE_LIMITS.filters,
        filter_values: WHERE_LIMITS.values,
        filter_depth: WHERE_LIMITS.depth,
        formula_length: FORMULA_LIMITS.length,
      },
      reserved: { keys: RESERVED_KEYS, kinds: RESERVED_KINDS },
    },
  }
}
