import type { KINDS } from '../kinds.ts'
import type { Family, SEVERITIES } from './field.ts'

interface ValueOf {
  string: string
  id: string | number
  number: number
  count: number
  fraction: number
  usd: number | string
  boolean: boolean
  object: Readonly<Record<string, unknown>>
  strings: readonly string[]
  json: unknown
  enum: string
  usage: Readonly<Record<string, unknown>>
}

type Kind = (typeof KINDS)[number]
type Spec = Kind['fields'][number]
type TypeOf<F> = F extends { type: 'enum'; values: readonly (infer V)[] }
  ? V
  : F extends { type: infer T extends keyof ValueOf }
    ? ValueOf[T]
    : never
type Required<F> = Extract<F, { required: true }>
type Optional<F> = Exclude<F, { required: true }>
type Flat<T> = { [K in keyof T]: T[K] }

/** Payload of one kind, as senders write it. Fields that are not in the table are kept as they are. */
export type PayloadOf<K extends Kind['kind']> =
  Extract<Kind, { kind: K }> extends { fields: readonly (infer F)[] }
    ? Flat<
        { readonly type: K } & {
          readonly [P in Extract<Required<F>, Spec> as P['name']]: TypeOf<P>
        } & { readonly [P in Extract<Optional<F>, Spec> as P['name']]?: TypeOf<P> | null }
      >
    : never

export interface Common {
  readonly event_id?: string | number
  /** ISO 8601 with a zone, or epoch seconds, milliseconds or microseconds by magnitude. */
  readonly timestamp: string | number
  readonly event_type?: Family
  readonly source_module?: string
  readonly correlation_id?: string | number | null
  readonly parent_event_id?: string | number | null
  readonly schema_version?: string
  readonly severity?: (typeof SEVERITIES)[number]
  readonly environment?: string
  readonly tags?: Readonly<Record<string, string | number | boolean>> | readonly string[]
}

/** An event as it crosses the wire. */
export type WireEvent = {
  [K in Kind['kind']]: { readonly common: Common; readonly payload: PayloadOf<K> }
}[Kind['kind']]
