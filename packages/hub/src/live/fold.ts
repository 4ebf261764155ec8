import type { Batch, Column, States } from '@llmhub/stream'
import type { GroupKey, GroupLimit } from './group-limit.ts'
import { createStates } from './part-states.ts'
import type { KeptPlan, MeasurePlan } from './plan.ts'
import { type Mask, maskOf } from './predicate.ts'
import { cellsOf, codesOf, pairIds, type RowIds } from './row-ids.ts'

export interface FoldOptions {
  readonly plan: MeasurePlan
  readonly kept: KeptPlan
  /** Null counts every project. */
  readonly project: string | null
  /** Width of a cell of time in µs, which divides every window. */
  readonly cell: number
  readonly groups: GroupLimit
}

const NO_TIMES = new Float64Array(0)

/**
 * Rows of log records → few rows of sums, one by project, group and cell of time. Every row is looked at once, however
 * many sizes of windows there are: window operators get sums, and merge them. As all parts but sums of unbounded
 * columns add up exactly, that changes no value.
 */
export class Fold {
  readonly #options: FoldOptions
  readonly #wheres: readonly (ReturnType<typeof whereOf> | null)[]
  readonly #whereAt: readonly number[]
  /** Of the parts, in their order, by slot. */
  readonly states: readonly States[]
  readonly #slots = new Map<string, number>()
  #sums: {
    readonly project: string
    readonly key: GroupKey
    readonly time: number
    events: number
  }[] = []
  #overflow = 0
  #rows = 0
  #capacity = 0

  constructor(options: FoldOptions) {
    this.#options = options
    const { parts } = options.kept
    const wheres: FoldOptions['kept']['parts'][number]['where'][] = []
    this.#whereAt = parts.map(({ where }) => {
      const known = wheres.indexOf(where)
      return known >= 0 ? known : wheres.push(where) - 1
    })
    this.#wheres = wheres.map((where) => (where === null ? null : whereOf(where)))
    this.states = parts.map(({ part }) => createStates(part))
  }

  /** Rows counted so far, and those of them under the overflow key. */
  get rows(): number {
    return this.#rows
  }

  get overflow(): number {
    return this.#overflow
  }

  /** @param counted rows that count at all, see `countedRows` */
  add(batch: Batch, counted: Mask): void {
    const masks = this.#masks(batch, counted)
    if (masks === null) return
    const { rows, passing } = masks
    const ids = this.#ids(batch, rows)
    const slots = new Int32Array(rows.length)
    for (let i = 0; i < slots.length; i++) {
      const slot = ids.slots[ids.ids[i] ?? 0] ?? 0
      slots[i] = slot
      const sum = this.#sums[slot]
      if (sum !== undefined) sum.events++
    }
    this.#rows += rows.length
    const chosen = passing.map((mask) => choose(mask, rows, slots))
    for (const [i, { part }] of this.#options.kept.parts.entries()) {
      const of = chosen[this.#whereAt[i] ?? 0]
      if (of === undefined || of.count === 0) continue
      const column = batch.columns.get(part.fn === 'rows' ? 'weight' : part.column) ?? null
      const input = { times: NO_TIMES, sequence: null, column, columns: batch.columns }
      this.states[i]?.addRows(of.slots, of.rows, of.count, input)
    }
  }

  /** Rows that some part reads, and which of them each condition passes; null where there are none. */
  #masks(
    batch: Batch,
    counted: Mask,
  ): { readonly rows: Int32Array; readonly passing: readonly (Mask | null)[] } | null {
    const { plan, project } = this.#options
    const own = new Uint8Array(counted)
    if (plan.where !== null) keepOnly(own, maskOf(plan.where, batch))
    if (project !== null) {
      const field = { type: 'column', column: 'project' } as const
      keepOnly(own, maskOf({ op: 'in', field, values: [project] }, batch))
    }
    if (!own.includes(1)) return null
    const passing = this.#wheres.map((where) => where?.(batch) ?? null)
    let any = own
    if (!passing.includes(null)) {
      any = new Uint8Array(own.length)
      for (const mask of passing) {
        for (let row = 0; row < any.length; row++) if (mask?.[row] === 1) any[row] = 1
      }
      keepOnly(any, own)
    }
    let count = 0
    for (const each of any) count += each
    if (count === 0) return null
    const rows = new Int32Array(count)
    let at = 0
    for (let row = 0; row < any.length; row++) if (any[row] === 1) rows[at++] = row
    return { rows, passing }
  }

  /** Projects and times of the rows that would be counted, one of each cell. */
  touched(batch: Batch, counted: Mask): { readonly project: string; readonly time: number }[] {
    const masks = this.#masks(batch, counted)
    if (masks === null) return []
    const { rows } = masks
    const project = codesOf({ type: 'column', column: 'project' }, batch)
    const cells = cellsOf(batch.columns.get('time'), rows, batch.rows, this.#options.cell)
    const owners = pairIds(null, rows, project.codes, project.values.length)
    return pairIds(owners, rows, cells.codes, cells.starts.length).firsts.map((first) => {
      const row = rows[first] ?? 0
      const owner = project.values[project.codes[row] ?? 0] ?? ''
      return { project: owner, time: cells.starts[cells.codes[row] ?? 0] ?? 0 }
    })
  }

  /** By id of the batch the slot of its sums. */
  #ids(batch: Batch, rows: Int32Array): { readonly ids: Int32Array; readonly slots: number[] } {
    const { plan, cell, groups } = this.#options
    const project = codesOf({ type: 'column', column: 'project' }, batch)
    const fields = plan.by.map(({ ref }) => codesOf(ref, batch))
    const cells = cellsOf(batch.columns.get('time'), rows, batch.rows, cell)
    let ids: RowIds = pairIds(null, rows, project.codes, project.values.length)
    for (const { codes, values } of fields) ids = pairIds(ids, rows, codes, values.length)
    ids = pairIds(ids, rows, cells.codes, cells.starts.length)
    const overflowed = new Set<number>()
    const slots = ids.firsts.map((first, id) => {
      const row = rows[first] ?? 0
      const owner = project.values[project.codes[row] ?? 0] ?? ''
      const key = fields.map(({ codes, values }) => values[codes[row] ?? 0] ?? null)
      const time = cells.starts[cells.codes[row] ?? 0] ?? 0
      const admitted = groups.admit(owner, key, time)
      if (admitted !== key) overflowed.add(id)
      return this.#slotOf(owner, admitted, time)
    })
    if (overflowed.size > 0) for (const id of ids.ids) if (overflowed.has(id)) this.#overflow++
    return { ids: ids.ids, slots }
  }

  #slotOf(project: string, key: GroupKey, time: number): number {
    const name = JSON.stringify([time, project, ...key])
    const known = this.#slots.get(name)
    if (known !== undefined) return known
    const slot = this.#sums.push({ project, key, time, events: 0 }) - 1
    this.#slots.set(name, slot)
    if (slot >= this.#capacity) {
      this.#capacity = Math.max(64, this.#capacity * 2)
      for (const states of this.states) states.reserve(this.#capacity)
    }
    return slot
  }

  /**
   * The sums so far as rows of `time`, `project`, `key0` …, `events` and `slot`; null without any. `states` hold
   * them until `clear`.
   */
  sums(): Batch | null {
    const sums = this.#sums
    if (sums.length === 0) return null
    const columns = new Map<string, Column>([
      ['time', { type: 'f64', valid: null, data: Float64Array.from(sums, ({ time }) => time) }],
      ['project', dictOf(sums.map(({ project }) => project))],
      ['events', { type: 'i32', valid: null, data: Int32Array.from(sums, (sum) => sum.events) }],
      ['slot', { type: 'i32', valid: null, data: Int32Array.from(sums, (_, slot) => slot) }],
    ])
    for (const at of this.#options.plan.by.keys()) {
      columns.set(`key${at}`, dictOf(sums.map(({ key }) => key[at] ?? null)))
    }
    return { rows: sums.length, columns }
  }

  clear(): void {
    for (const states of this.states) {
      for (let slot = 0; slot < this.#sums.length; slot++) states.clear(slot)
    }
    this.#sums = []
    this.#slots.clear()
  }
}

function whereOf(where: NonNullable<FoldOptions['kept']['parts'][number]['where']>) {
  return (batch: Batch): Mask => maskOf(where, batch)
}

function keepOnly(mask: Mask, other: Mask): void {
  for (let row = 0; row < mask.length; row++) if (other[row] !== 1) mask[row] = 0
}

/** The rows that pass, with their slots. */
function choose(
  mask: Mask | null,
  rows: Int32Array,
  slots: Int32Array,
): { readonly rows: Int32Array; readonly slots: Int32Array; readonly count: number } {
  if (mask === null) return { rows, slots, count: rows.length }
  const chosenRows = new Int32Array(rows.length)
  const chosenSlots = new Int32Array(rows.length)
  let count = 0
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i] ?? 0
    if (mask[row] !== 1) continue
    chosenRows[count] = row
    chosenSlots[count++] = slots[i] ?? 0
  }
  return { rows: chosenRows, slots: chosenSlots, count }
}

function dictOf(texts: readonly (string | null)[]): Column {
  const known = new Map<string, number>()
  const codes = new Int32Array(texts.length)
  for (const [row, text] of texts.entries()) {
    if (text === null) {
      codes[row] = -1
      continue
    }
    let code = known.get(text)
    if (code === undefined) {
      code = known.size
      known.set(text, code)
    }
    codes[row] = code
  }
  return { type: 'dict', codes, values: [...known.keys()] }
}
