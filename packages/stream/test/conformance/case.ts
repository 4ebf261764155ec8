import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import type { AggregateSpec, WindowingSpec } from '../../src/index.ts'
import type { Cell, Row } from '../rows.ts'

/** A result as far as a case names it: what is left out is not compared. */
export interface ExpectedResult {
  readonly key?: unknown
  readonly window?: readonly [start: number, end: number]
  readonly time?: number
  readonly retraction?: boolean
  readonly values?: Readonly<Record<string, unknown>>
  readonly pane?: Readonly<Record<string, unknown>>
}

/**
 * What is done, or looked at. A result that no `expect` looked at before the next step is a mismatch, so
 * that a step without one says: nothing comes out.
 */
export type WindowStep =
  /** One batch. Rows are [key, time, value], or [time, …fields] where the case has fields. */
  | { readonly in: readonly Row[] }
  | { readonly watermark: number }
  | { readonly clock: number }
  | { readonly end: true }
  | { readonly expect: readonly ExpectedResult[] }
  /** Rows refused since the last look, in any order. */
  | { readonly late: readonly Row[] }

interface CaseBase {
  readonly id: string
  readonly name: string
  /** How the source was put into our terms. */
  readonly note?: string
  /** Why ours is another result on purpose; the steps hold ours, `theirs` the source's. */
  readonly differs?: string
  readonly theirs?: unknown
  /** The case is wrong, and the driver has to say so. */
  readonly must_fail?: boolean
}

interface Windowed {
  readonly windowing: WindowingSpec
  readonly aggregates: readonly AggregateSpec[]
  readonly keys?: readonly string[]
}

export interface WindowCase extends CaseBase, Windowed {
  readonly kind?: 'window'
  readonly unit?: 'ms' | 'us'
  /** Columns behind the time, as `name:type`; default: `key:dict` and `value:f64`. */
  readonly fields?: readonly string[]
  /** Results depend on how events are cut into batches, because triggers look at the end of a batch. */
  readonly bundles?: boolean
  readonly steps: readonly WindowStep[]
}

/** Which windows a time belongs to. */
export interface AssignCase extends CaseBase {
  readonly kind: 'assign'
  readonly windowing: WindowingSpec
  readonly times: readonly {
    readonly time: number
    readonly windows: readonly (readonly [number, number])[]
  }[]
}

export type CombineStep =
  | { readonly input: number; readonly watermark: number }
  | { readonly input: number; readonly status: 'idle' | 'active' }
  | { readonly add: number }
  | { readonly remove: number }
  | { readonly tick: true }
  /** What the step before gave out: nothing, a watermark, a change of status. */
  | { readonly expect: { readonly watermark?: number; readonly status?: 'idle' | 'active' } }
  /** What holds; a watermark of null: none was given out so far. */
  | { readonly state: { readonly watermark: number | null; readonly idle: boolean } }

/** Watermarks of several inputs made into one. */
export interface CombineCase extends CaseBase {
  readonly kind: 'combine'
  readonly inputs: number
  /** A watermark makes its input active again. */
  readonly wakes?: boolean
  readonly steps: readonly CombineStep[]
}

/** When an input counts as idle. */
export interface IdlenessCase extends CaseBase {
  readonly kind: 'idleness'
  readonly timeout: number
  readonly refused?: boolean
  readonly steps: readonly (
    | { readonly clock: number }
    | { readonly event: number }
    | { readonly idle: boolean }
  )[]
}

/** Which watermark follows from events and the clock; null: none yet, end: the end of time. */
export interface GeneratorCase extends CaseBase {
  readonly kind: 'generator'
  /** A lag of null: for ever. */
  readonly generator: { readonly type: 'bounded' | 'advancing'; readonly lag: number | null }
  readonly steps: readonly (
    | { readonly clock: number }
    | { readonly events: readonly number[] }
    | { readonly end: true }
    | { readonly watermark: number | 'end' | null }
  )[]
}

/** Pairs of a join by window. */
export interface JoinCase extends CaseBase {
  readonly kind: 'join'
  readonly window: WindowingSpec['window']
  readonly steps: readonly (
    | { readonly side: 'left' | 'right'; readonly in: readonly (readonly [number, number])[] }
    | { readonly watermark: number }
    | { readonly end: true }
    | { readonly expect: readonly (readonly [number, number])[] }
  )[]
}

/** Windows whose results go into a second stage. */
export interface StagesCase extends CaseBase {
  readonly kind: 'stages'
  readonly steps: readonly (
    | { readonly in: readonly (readonly [string, number])[] }
    | { readonly watermark: number }
    | { readonly end: true }
    | { readonly expect: readonly string[] }
  )[]
}

/** An input that a formula gives: row i at start + i·step with `counter` i. */
export interface FormulaCase extends CaseBase, Windowed {
  readonly kind: 'formula'
  readonly formula: { readonly start: number; readonly step: number; readonly rows: number }
  readonly expect: readonly ExpectedResult[]
}

/** Input and results are files of the shared data. */
export interface FileCase extends CaseBase, Windowed {
  readonly kind: 'file'
  readonly input: {
    readonly file: string
    readonly time: string
    readonly fields: Readonly<Record<string, 'f64' | 'dict'>>
    readonly key?: {
      readonly as: string
      readonly of: string
      readonly modulo?: number
      readonly zero_when_divisible_by?: number
    }
  }
  /** How far the watermark stays behind the greatest time seen; left out: it moves at the end only. */
  readonly watermark?: { readonly behind: number }
  readonly expected: {
    readonly file: string
    readonly key?: string
    readonly window_start?: string
    readonly window_end?: string
    /** Our name of a value → theirs. */
    readonly values: Readonly<Record<string, string>>
    /** The file is a change stream: the last line of a key holds. */
    readonly changes?: boolean
    /** Decimals that the file gives. */
    readonly places?: number
    /** Relative error allowed by name, for what is an estimate on either side. */
    readonly within?: Readonly<Record<string, number>>
  }
}

/** A query of the Nexmark benchmark on the rows of the shared data. */
export interface NexmarkCase extends CaseBase {
  readonly kind: 'nexmark'
  readonly query: string
  /** Rows of the result: a file, the rows themselves, or how many. */
  readonly file?: string
  readonly rows?: readonly (readonly Cell[])[]
  readonly count?: number
}

export type Case =
  | WindowCase
  | AssignCase
  | CombineCase
  | IdlenessCase
  | GeneratorCase
  | JoinCase
  | StagesCase
  | FormulaCase
  | FileCase
  | NexmarkCase

export interface CaseFile {
  readonly name: string
  readonly source: string
  readonly cases: readonly Case[]
}

/** All case files beside this one, by name. */
export function readCases(): CaseFile[] {
  return readdirSync(import.meta.dirname)
    .filter((name) => name.endsWith('.json'))
    .toSorted()
    .map((name) => {
      const text = readFileSync(path.join(import.meta.dirname, name), 'utf8')
      return { name: name.replace('.json', ''), ...(JSON.parse(text) as Omit<CaseFile, 'name'>) }
    })
}
