/**
 * The catalogue of fields: what a question may group by, filter on and list. Text fields are
 * dimensions; numeric fields can be filtered and listed only, because a group is named by text.
 * `tag.<key>` is a text field for every key.
 */

import { EVENT_COLUMNS } from '@llmhub/schema'
import type { FieldRef } from '../store/store.ts'

export interface FieldSpec {
  readonly name: string
  readonly column: string
  /** `money` is given and shown in dollars, and kept in pico-dollars. */
  readonly type: 'text' | 'number' | 'integer' | 'money'
  readonly doc: string
  readonly unit?: string
  /** Other names that are understood; answers use `name`. */
  readonly aliases: readonly string[]
  /** Whether a question may group by it: text fields that do not identify a single event. */
  readonly groups: boolean
}

const TEXT_FIELDS: readonly (readonly [name: string, column: string, ...aliases: string[]])[] = [
  ['model', 'model', 'model_id'],
  ['provider', 'provider'],
  ['environment', 'environment'],
  ['service', 'service'],
  ['status', 'status'],
  ['error_type', 'error_type'],
  ['kind', 'kind', 'type'],
  ['family', 'family', 'event_type'],
  ['severity', 'severity'],
  ['user', 'user_id', 'user_id'],
  ['session', 'session_id', 'session_id', 'conversation'],
  ['task_type', 'task_type'],
  ['prompt_name', 'prompt_name'],
  ['prompt_version', 'prompt_version'],
  ['name', 'name'],
  ['category', 'category'],
  ['action', 'action'],
  ['unit', 'unit'],
  ['actor', 'actor'],
  ['resource', 'resource'],
  ['receiver', 'receiver'],
  ['source_module', 'source_module', 'module'],
  ['schema_version', 'schema_version'],
  ['price_source', 'price_source'],
  ['price_rule', 'price_rule'],
  ['price_version', 'price_version'],
  ['service_tier', 'service_tier', 'tier'],
  ['usage_rule', 'usage_rule'],
  ['trace', 'trace_id', 'trace_id'],
  ['decision', 'decision_id', 'decision_id'],
]

const IDENTITIES: readonly string[] = [
  'event_id',
  'request_id',
  'response_id',
  'span_id',
  'correlation_id',
  'parent_event_id',
  'error_message',
]

const NUMBER_FIELDS: readonly (readonly [name: string, column: string, ...aliases: string[]])[] = [
  ['latency', 'latency_ms', 'latency_ms'],
  ['ttft', 'ttft_ms', 'ttft_ms'],
  ['tokens_per_second', 'tokens_per_second'],
  ['input_tokens', 'input_tokens'],
  ['output_tokens', 'output_tokens'],
  ['cache_read_tokens', 'cache_read_tokens'],
  ['cache_write_tokens', 'cache_write_tokens'],
  ['reasoning_tokens', 'reasoning_tokens'],
  ['cost', 'cost_total', 'cost_total'],
  ['cost_computed', 'cost_computed'],
  ['cost_reported', 'cost_reported'],
  ['value', 'value'],
  ['quality', 'quality'],
  ['temperature', 'temperature'],
  ['top_p', 'top_p'],
  ['top_k', 'top_k'],
  ['max_tokens', 'max_tokens'],
  ['weight', 'weight'],
]

function specOf(column: string): { doc: string; unit?: string; type: string } {
  const spec = EVENT_COLUMNS.find((each) => each.name === column)
  if (spec === undefined) throw new RangeError(`the event row has no column ${column}`)
  return spec
}

function numericField([name, column, ...aliases]: readonly [
  string,
  string,
  ...string[],
]): FieldSpec {
  const { doc, unit, type } = specOf(column)
  if (unit === 'pico-dollars') {
    return { name, column, type: 'money', doc, unit: 'USD', aliases, groups: false }
  }
  return {
    name,
    column,
    type: type === 'i64' ? 'integer' : 'number',
    doc,
    ...(unit === undefined ? {} : { unit }),
    aliases,
    groups: false,
  }
}

export const FIELDS: readonly FieldSpec[] = [
  ...TEXT_FIELDS.map(
    ([name, column, ...aliases]): FieldSpec => ({
      name,
      column,
      type: 'text',
      doc: specOf(column).doc,
      aliases,
      groups: true,
    }),
  ),
  ...IDENTITIES.map(
    (name): FieldSpec => ({
      name,
      column: name,
      type: 'text',
      doc: specOf(name).doc,
      aliases: [],
      groups: false,
    }),
  ),
  ...NUMBER_FIELDS.map(numericField),
]

const BY_NAME: ReadonlyMap<string, FieldSpec> = new Map(
  FIELDS.flatMap((spec) => [spec.name, ...spec.aliases].map((name) => [name, spec] as const)),
)

/** Every name under which a field can be asked for, aliases included. */
export const FIELD_NAMES: readonly string[] = [...BY_NAME.keys()]

/** A field as a question names it: of the catalogue, or one key of the tags. */
export interface Field {
  /** The name in answers: the canonical one, or `tag.<key>`. */
  readonly name: string
  readonly ref: FieldRef
  readonly type: FieldSpec['type']
  readonly unit?: string
  readonly groups: boolean
}

const TAG = 'tag.'

/** Longest key of a tag that can be asked for. */
const MAX_TAG_KEY = 1024

/** The field of that name or alias, or undefined. */
export function fieldNamed(name: string): Field | undefined {
  if (name.startsWith(TAG) && name.length > TAG.length && name.length <= TAG.length + MAX_TAG_KEY) {
    return {
      name,
      ref: { type: 'tag', key: name.slice(TAG.length) },
      type: 'text',
      groups: true,
    }
  }
  const spec = BY_NAME.get(name)
  if (spec === undefined) return undefined
  return {
    name: spec.name,
    ref: { type: 'column', column: spec.column },
    type: spec.type,
    ...(spec.unit === undefined ? {} : { unit: spec.unit }),
    groups: spec.groups,
  }
}
