/**
 * What an aggregate is to the engine: a set of states addressed by slot, one slot per key and window
 * (or slice). The engine hands out slots, dense from 0; an aggregate knows neither keys nor windows.
 *
 * Laws that every aggregate keeps, and `aggregates.laws.test.ts` tests: merging is associative and
 * commutative up to rounding of sums, a fresh state is its identity, rows added in any split and order
 * give one value, a cleared slot is a fresh one, slots do not touch each other, and what was written
 * reads back to the same bytes. Exceptions are declared by `ordered`.
 */

import type { Column } from '../batch/batch.ts'
import type { ByteReader, ByteWriter } from '../bytes.ts'
import type { TimeUnit } from '../time/time.ts'

/**
 * What to compute, as data: `{ as: 'p95', aggregate: 'quantile', of: 'latency_ms', q: 0.95 }`. `of` is
 * the column; other members are the parameters of the aggregate.
 */
export interface AggregateSpec {
  /** Name of the result. */
  readonly as: string
  readonly aggregate: string
  readonly of?: string
  readonly [parameter: string]: unknown
}

/** Rows of one batch as an aggregate sees them. */
export interface AggregateInput {
  /** Event time by row. */
  readonly times: Float64Array
  /** Arrival number by row, which decides between equal times; null where rows come in order of arrival. */
  readonly sequence: Float64Array | null
  /** The column of the specification; null when it is absent, which is null in every row. */
  readonly column: Column | null
  /** All columns, for aggregates that read several (`by` of arg_min, `and` of correlation, composites). */
  readonly columns?: ReadonlyMap<string, Column>
}

/** States of one aggregate, addressed by slot. Slots beyond what was reserved must not be used. */
export interface States {
  /**
   * Rows skipped so far because their number was NaN or infinite: they never enter a sum in silence.
   * A counter of this process, not part of a state or snapshot.
   */
  readonly invalid: number
  /** Makes room for slots 0 … `slots` − 1 and keeps what is there. New slots are empty. */
  reserve(slots: number): void
  /** Back to the empty state. */
  clear(slot: number): void
  /**
   * For i in 0 … count − 1: adds row `rows[i]` of the input to the state of `slots[i]`. Nulls are skipped.
   * Throws a StreamError `invalid_input` when the column has a type that the aggregate cannot read.
   */
  addRows(slots: Int32Array, rows: Int32Array, count: number, input: AggregateInput): void
  /** Adds what state `slot` of `from` holds to state `into` of this one. `from` may be this; it is left alone. */
  merge(into: number, from: States, slot: number): void
  /** Takes back a merge, where the aggregate is `invertible`. Sums stay within rounding of the direct ones. */
  retract?(into: number, from: States, slot: number): void
  /**
   * The result: number, text, array or object of these, or null where it is not defined (no values, or a
   * number beyond the range of a double). `seconds` is the length of the window, which `rate` divides
   * by; left out where a window has none (global, count). Does not change the state.
   */
  value(slot: number, seconds?: number): unknown
  /**
   * Names what the states hold, where others of the same name and columns hold the same: those of p50 and
   * p99 of one column do, and `prepareAggregates` keeps them once.
   */
  readonly shared?: string
  /** As `value`, of a state of others that hold the same. */
  valueFrom?(states: States, slot: number, seconds?: number): unknown
  /** Appends the state to a snapshot. */
  write(slot: number, out: ByteWriter): void
  /** Puts what `write` wrote in place of the state. Throws a StreamError `bad_snapshot`. */
  read(slot: number, from: ByteReader): void
  /** Memory held, in bytes; estimated where states are objects. */
  bytes(): number
}

/** What column an aggregate reads: `number` includes bool as 0 and 1, `any` is a number or a text. */
export type AggregateNeeds = 'nothing' | 'number' | 'text' | 'any'

export interface Aggregate {
  readonly name: string
  readonly needs: AggregateNeeds
  /** Whether its states have `retract`. */
  readonly invertible: boolean
  /** Parameters that name columns, or are aggregates which name some. Default `of`. */
  readonly columns?: readonly string[]
  /** True when the value depends on the order in which rows were added, beyond rounding. */
  readonly ordered?: boolean
  /**
   * States for one specification. `unit` is the stream's unit of time (default ms), in which durations
   * among the parameters count; `others` are the aggregates of the user. Throws a StreamError
   * `invalid_aggregate` or `invalid_duration` that names the parameter.
   */
  prepare(spec: AggregateSpec, unit?: TimeUnit, others?: Aggregates): States
}

/** Aggregates by name. */
export type Aggregates = Readonly<Record<string, Aggregate>>
