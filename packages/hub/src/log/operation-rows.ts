/**
 * The rows of an operation: places in the log and, where it has any, values, as a column batch. The
 * columns `partition`, `offset` and `index` say the place; the others are named as those of the row.
 */

import {
  type Batch,
  BatchBuilder,
  type BatchColumnSpec,
  isValid,
  numberAt,
  textAt,
} from '@llmhub/stream'

/** Place of a row in the log. */
export interface RowPlace {
  readonly partition: number
  readonly offset: bigint
  readonly index: number
}

/**
 * What of a row follows from prices. Costs are pico-dollars, or null where nothing is known; those of the
 * completion and in total follow from them and are not here.
 */
export interface RowPrices {
  readonly costComputed: bigint | null
  readonly costPrompt: bigint | null
  readonly costOther: bigint | null
  readonly costCacheSaved: bigint | null
  readonly priceSource: string | null
  readonly priceRule: string | null
  readonly priceVersion: string | null
}

export interface RepricedRow extends RowPlace, RowPrices {}

const PLACE_COLUMNS = [
  { name: 'partition', type: 'i16' },
  { name: 'offset', type: 'i64' },
  { name: 'index', type: 'i32' },
] as const satisfies readonly BatchColumnSpec[]

/** The columns of a row that a `reprice` operation sets, each in every one of its rows. */
export const REPRICED_COLUMNS = [
  { name: 'cost_computed', type: 'i64' },
  { name: 'cost_prompt', type: 'i64' },
  { name: 'cost_other', type: 'i64' },
  { name: 'cost_cache_saved', type: 'i64' },
  { name: 'price_source', type: 'dict' },
  { name: 'price_rule', type: 'dict' },
  { name: 'price_version', type: 'dict' },
] as const satisfies readonly BatchColumnSpec[]

/** Columns of the batch of each operation that has one; `letter` tells dead letters from events. */
export const OPERATION_COLUMNS: Readonly<Record<'reprice' | 'erase', readonly BatchColumnSpec[]>> =
  {
    reprice: [...PLACE_COLUMNS, ...REPRICED_COLUMNS],
    erase: [...PLACE_COLUMNS, { name: 'letter', type: 'bool' }],
  }

/** The rows of a `reprice` operation. */
export function repricedRows(rows: Iterable<RepricedRow>): Batch {
  const builder = new BatchBuilder(OPERATION_COLUMNS.reprice)
  const place = placeWriter(builder)
  const computed = builder.int64('cost_computed')
  const prompt = builder.int64('cost_prompt')
  const other = builder.int64('cost_other')
  const cacheSaved = builder.int64('cost_cache_saved')
  const source = builder.dict('price_source')
  const rule = builder.dict('price_rule')
  const version = builder.dict('price_version')
  for (const row of rows) {
    const at = place(row)
    if (row.costComputed !== null) computed.setBig(at, row.costComputed)
    if (row.costPrompt !== null) prompt.setBig(at, row.costPrompt)
    if (row.costOther !== null) other.setBig(at, row.costOther)
    if (row.costCacheSaved !== null) cacheSaved.setBig(at, row.costCacheSaved)
    if (row.priceSource !== null) source.set(at, row.priceSource)
    if (row.priceRule !== null) rule.set(at, row.priceRule)
    if (row.priceVersion !== null) version.set(at, row.priceVersion)
  }
  return builder.finish()
}

/** The rows of an `erase` operation: places of events and of dead letters. */
export function erasedRows(events: Iterable<RowPlace>, letters: Iterable<RowPlace> = []): Batch {
  const builder = new BatchBuilder(OPERATION_COLUMNS.erase)
  const place = placeWriter(builder)
  const letter = builder.number('letter')
  for (const row of events) letter.set(place(row), 0)
  for (const row of letters) letter.set(place(row), 1)
  return builder.finish()
}

function placeWriter(builder: BatchBuilder): (place: RowPlace) => number {
  const partition = builder.number('partition')
  const offset = builder.int64('offset')
  const index = builder.number('index')
  return (place) => {
    const at = builder.addRow()
    partition.set(at, place.partition)
    offset.setBig(at, place.offset)
    index.set(at, place.index)
    return at
  }
}

/** The places of an operation's rows, in order. */
export function* placesIn(rows: Batch): Generator<RowPlace & { readonly letter: boolean }> {
  const offsets = rows.columns.get('offset')
  for (let row = 0; row < rows.rows; row++) {
    yield {
      partition: numberAt(rows.columns.get('partition'), row) ?? -1,
      offset: offsets?.type === 'i64' ? (offsets.data[row] ?? -1n) : -1n,
      index: numberAt(rows.columns.get('index'), row) ?? -1,
      letter: numberAt(rows.columns.get('letter'), row) === 1,
    }
  }
}

/** The rows of a `reprice` operation, in order. */
export function* repricesIn(rows: Batch): Generator<RepricedRow> {
  const money = (name: string, row: number): bigint | null => {
    const column = rows.columns.get(name)
    if (column?.type !== 'i64') return null
    const known = isValid(column.valid, row)
    return known ? (column.data[row] ?? null) : null
  }
  const text = (name: string, row: number): string | null => textAt(rows.columns.get(name), row)
  let row = 0
  for (const { partition, offset, index } of placesIn(rows)) {
    yield {
      partition,
      offset,
      index,
      costComputed: money('cost_computed', row),
      costPrompt: money('cost_prompt', row),
      costOther: money('cost_other', row),
      costCacheSaved: money('cost_cache_saved', row),
      priceSource: text('price_source', row),
      priceRule: text('price_rule', row),
      priceVersion: text('price_version', row),
    }
    row++
  }
}

/** Columns, as name and type, that such an operation does not have: a newer release may give it more. */
export function unknownColumns(op: 'reprice' | 'erase', rows: Batch): string[] {
  const specs = OPERATION_COLUMNS[op]
  return [...rows.columns]
    .filter(([name, { type }]) => !specs.some((spec) => spec.name === name && spec.type === type))
    .map(([name, { type }]) => `${name} of type ${type}`)
}

/**
 * Refuses rows that are no rows of such an operation.
 * @throws TypeError when a column has another type or is none of the operation's; RangeError when a
 *   place is no place, is there twice, or is at or beyond the cut
 */
export function checkOperationRows(
  op: 'reprice' | 'erase',
  rows: Batch,
  cut: ReadonlyMap<number, bigint>,
): void {
  const [strange] = unknownColumns(op, rows)
  if (strange !== undefined) throw new TypeError(`rows of ${op} have no column ${strange}`)
  const seen = new Set<string>()
  for (const { partition, offset, index, letter } of placesIn(rows)) {
    if (offset < 0n || index < 0 || offset >= (cut.get(partition) ?? 0n)) {
      throw new RangeError(`row ${partition}:${offset}:${index} is not below the cut of its ${op}`)
    }
    const place = `${partition}:${offset}:${index}:${letter}`
    if (seen.has(place)) throw new RangeError(`row ${place} is twice in one ${op}`)
    seen.add(place)
  }
}
