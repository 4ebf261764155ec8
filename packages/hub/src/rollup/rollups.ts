import {
  DAY_MICROS,
  HOUR_MICROS,
  type RollupDefinition,
  type RollupMeasure,
} from '../store/rollup.ts'

/*
 * Kind and status are dimensions everywhere: a measure reads certain kinds, and latency leaves out
 * calls that failed, so that a rollup without them would answer nearly nothing. They multiply
 * cells by about two, because most rows are calls that went well.
 */

const COSTS = [
  'cost_total',
  'cost_computed',
  'cost_reported',
  'cost_prompt',
  'cost_completion',
  'cost_other',
  'cost_cache_saved',
]
const TOKENS = [
  'input_tokens',
  'output_tokens',
  'cache_read_tokens',
  'cache_write_tokens',
  'reasoning_tokens',
]
/** Numbers whose sums and squares add up exactly in any order. */
const EXACT = ['latency_ms', 'ttft_ms', 'tokens_per_second', 'quality']

const measures = (fn: RollupMeasure['fn'], columns: readonly string[]): RollupMeasure[] =>
  columns.map((column) => ({ fn, column }))

/** Sums of `value` are missing on purpose: it has no bounds within which doubles add up exactly. */
const STANDARD: readonly RollupMeasure[] = [
  { fn: 'rows' },
  ...measures('rows', [...COSTS, ...TOKENS, ...EXACT, 'value']),
  ...measures('sum', [...COSTS, ...TOKENS, ...EXACT]),
  ...measures('min', [...EXACT, 'value', 'cost_total', 'time']),
  ...measures('max', [...EXACT, 'value', 'cost_total', 'time']),
  ...measures('m2', EXACT),
]

/** Of dimensions with many values: what is spent and sent. */
const SPENT: readonly RollupMeasure[] = [
  { fn: 'rows' },
  ...measures('rows', [...COSTS, ...TOKENS, 'latency_ms']),
  ...measures('sum', [...COSTS, ...TOKENS, 'latency_ms']),
]

/** Coarsest first: the planner takes the first that answers a question. */
export const ROLLUPS: readonly RollupDefinition[] = [
  {
    name: 'kinds_1h',
    grain: HOUR_MICROS,
    dims: ['project', 'family', 'kind', 'status'],
    present: ['cost_total'],
    measures: STANDARD,
    sketches: ['latency_ms', 'ttft_ms'],
    maxCells: 20_000,
    version: 1,
  },
  {
    name: 'models_1h',
    grain: HOUR_MICROS,
    dims: ['project', 'kind', 'model', 'status'],
    present: ['cost_total'],
    measures: STANDARD,
    sketches: ['latency_ms', 'ttft_ms'],
    maxCells: 20_000,
    version: 1,
  },
  {
    name: 'calls_1h',
    grain: HOUR_MICROS,
    dims: ['project', 'kind', 'provider', 'model', 'environment', 'status', 'price_source'],
    present: ['cost_total'],
    measures: STANDARD,
    sketches: [],
    maxCells: 20_000,
    version: 1,
  },
  {
    name: 'users_1d',
    grain: DAY_MICROS,
    dims: ['project', 'kind', 'user_id', 'status'],
    present: ['cost_total'],
    measures: SPENT,
    sketches: [],
    maxCells: 200_000,
    version: 1,
  },
  {
    // All tags of a row together are one value, which decides every single tag's. Where they are
    // unique to rows, a day has more cells than it may keep and its rows answer.
    name: 'tags_1d',
    grain: DAY_MICROS,
    dims: ['project', 'kind', 'tags', 'status'],
    present: ['cost_total'],
    measures: SPENT,
    sketches: [],
    maxCells: 50_000,
    version: 1,
  },
]
