import duckdb from '@duckdb/node-bindings'
import { type Batch, type Column, isValid, type TagsColumn, type TextColumn } from '@llmhub/stream'
import type { Dictionaries } from './dictionary.ts'
import type { Connection } from './driver.ts'
import type { StoredColumn } from './physical.ts'
import { CHUNK_ROWS, RowValidity } from './row-validity.ts'
import { encodedTexts, StringVector } from './string-vector.ts'

/**
 * Appends column batches to a table through DuckDB's data chunks. A chunk has room for 2,048 rows of
 * every column; a column's part of a batch is copied into it as bytes, so that cost follows the
 * number of columns and bytes, not of values. Small batches share a chunk.
 *
 * The appender belongs to the connection and thereby to its open transaction: what it appended is
 * rolled back with it.
 */
export class ChunkWriter {
  readonly #appender: duckdb.Appender
  readonly #chunk: duckdb.DataChunk
  readonly #columns: readonly ColumnWriter[]
  readonly #partition: Int16Array
  readonly #offset: BigInt64Array
  readonly #index: Int32Array
  #fill = 0

  constructor(
    connection: Connection,
    catalog: string,
    table: string,
    columns: readonly StoredColumn[],
    dictionaries: Dictionaries,
  ) {
    const { Type } = duckdb
    this.#appender = duckdb.appender_create_ext(connection.handle, catalog, 'main', table)
    this.#chunk = duckdb.create_data_chunk([
      duckdb.create_logical_type(Type.SMALLINT),
      duckdb.create_logical_type(Type.BIGINT),
      duckdb.create_logical_type(Type.INTEGER),
      ...columns.map(logicalTypeOf),
    ])
    this.#columns = columns.map((column) => writerOf(column, dictionaries))
    this.#partition = new Int16Array(CHUNK_ROWS)
    this.#offset = new BigInt64Array(CHUNK_ROWS)
    this.#index = new Int32Array(CHUNK_ROWS)
    this.#bind()
  }

  /** Vectors of a chunk are bound anew after every reset, which may replace their memory. */
  #bind(): void {
    for (const [i, column] of this.#columns.entries()) {
      column.begin(duckdb.data_chunk_get_vector(this.#chunk, i + 3))
    }
  }

  /** Answers how many rows were appended: erased ones are passed over, and keep their index. */
  append(batch: Batch, partition: number, offset: bigint): number {
    for (const column of this.#columns) column.source(batch)
    let rows = 0
    for (const [start, end] of keptRuns(batch)) {
      this.#appendRun(start, end, partition, offset)
      rows += end - start
    }
    return rows
  }

  #appendRun(first: number, end: number, partition: number, offset: bigint): void {
    for (let start = first; start < end; ) {
      const at = this.#fill
      const count = Math.min(end - start, CHUNK_ROWS - at)
      this.#partition.fill(partition, at, at + count)
      this.#offset.fill(offset, at, at + count)
      for (let i = 0; i < count; i++) this.#index[at + i] = start + i
      for (const column of this.#columns) column.copy(start, count, at)
      this.#fill += count
      start += count
      if (this.#fill === CHUNK_ROWS) this.#flush()
    }
  }

  #flush(): void {
    if (this.#fill === 0) return
    const vector = (i: number): duckdb.Vector => duckdb.data_chunk_get_vector(this.#chunk, i)
    copyInto(vector(0), this.#partition, this.#fill)
    copyInto(vector(1), this.#offset, this.#fill)
    copyInto(vector(2), this.#index, this.#fill)
    for (const column of this.#columns) column.end(this.#fill)
    duckdb.data_chunk_set_size(this.#chunk, this.#fill)
    duckdb.append_data_chunk(this.#appender, this.#chunk)
    duckdb.data_chunk_reset(this.#chunk)
    this.#fill = 0
    this.#bind()
  }

  /** Hands every row to the transaction. The writer must not be used afterwards. */
  finish(): void {
    this.#flush()
    duckdb.appender_close_sync(this.#appender)
  }

  /** Drops rows not yet handed over and closes. For use before a ROLLBACK; never throws. */
  abandon(): void {
    try {
      duckdb.appender_clear(this.#appender)
      duckdb.appender_close_sync(this.#appender)
    } catch {
      // The transaction is being rolled back for an error that is already known.
    }
  }
}

/** The runs [start, end) of rows that are not erased. */
function* keptRuns(batch: Batch): Generator<readonly [start: number, end: number]> {
  const erased = batch.columns.get('erased')
  if (erased?.type !== 'bool') {
    if (batch.rows > 0) yield [0, batch.rows]
    return
  }
  for (let start = 0; start < batch.rows; start++) {
    if (erased.data[start] !== 0) continue
    let end = start + 1
    while (end < batch.rows && erased.data[end] === 0) end++
    yield [start, end]
    start = end
  }
}

function logicalTypeOf(column: StoredColumn): duckdb.LogicalType {
  const { Type } = duckdb
  const simple = { i64: Type.BIGINT, f64: Type.DOUBLE, text: Type.VARCHAR, bool: Type.BOOLEAN }
  switch (column.type) {
    case 'dict':
    case 'i32':
      return duckdb.create_logical_type(Type.INTEGER)
    case 'i16':
      return duckdb.create_logical_type(Type.SMALLINT)
    case 'tags': {
      const text = duckdb.create_logical_type(Type.VARCHAR)
      return duckdb.create_map_type(text, text)
    }
    case 'i64':
    case 'f64':
    case 'text':
    case 'bool':
      return duckdb.create_logical_type(simple[column.type])
  }
}

/** Fills one vector of the chunk. Order of calls: begin, then per batch source and copy…, then end. */
interface ColumnWriter {
  begin(vector: duckdb.Vector): void
  source(batch: Batch): void
  /** Copies rows [start, start + count) of the source to rows [at, at + count) of the chunk. */
  copy(start: number, count: number, at: number): void
  end(rows: number): void
}

function writerOf(column: StoredColumn, dictionaries: Dictionaries): ColumnWriter {
  switch (column.type) {
    case 'dict': {
      const dictionary = dictionaries.get(column.name)
      if (dictionary === undefined) throw new Error(`no dictionary for column ${column.name}`)
      return new DictColumnWriter(column.name, (values) => dictionary.idsOf(values))
    }
    case 'text':
      return new TextColumnWriter(column.name)
    case 'tags':
      return new TagsColumnWriter(column.name)
    case 'i64':
    case 'f64':
    case 'i32':
    case 'i16':
    case 'bool':
      return column.whenNull === undefined
        ? new FixedColumnWriter(column.name, column.type)
        : new DefaultedColumnWriter(column.name, column.type, column.whenNull)
  }
}

type FixedArray = BigInt64Array | Float64Array | Int32Array | Int16Array | Uint8Array
type FixedType = 'i64' | 'f64' | 'i32' | 'i16' | 'bool'
type FixedColumn = Extract<Column, { readonly type: FixedType }>

function copyInto(vector: duckdb.Vector, data: FixedArray, count: number, from = 0, to = 0): void {
  const width = data.BYTES_PER_ELEMENT
  duckdb.copy_data_to_vector(
    vector,
    to * width,
    data.buffer as ArrayBuffer,
    data.byteOffset + from * width,
    count * width,
  )
}

/** A batch whose column has another type than the table was written by a program that broke the rule that types never change. */
function typeMismatch(name: string, expected: string, column: Column): never {
  throw new TypeError(`column ${name} is ${column.type} in the batch but ${expected} in the store`)
}

class FixedColumnWriter implements ColumnWriter {
  readonly #name: string
  readonly #type: FixedType
  readonly #validity = new RowValidity()
  #vector: duckdb.Vector | undefined
  #source: FixedColumn | undefined

  constructor(name: string, type: FixedType) {
    this.#name = name
    this.#type = type
  }

  begin(vector: duckdb.Vector): void {
    this.#vector = vector
    this.#validity.clear()
  }

  source(batch: Batch): void {
    const column = batch.columns.get(this.#name)
    if (column !== undefined && column.type !== this.#type) {
      typeMismatch(this.#name, this.#type, column)
    }
    this.#source = column
  }

  copy(start: number, count: number, at: number): void {
    const column = this.#source
    if (column === undefined || this.#vector === undefined) {
      this.#validity.nulls(at, count)
      return
    }
    copyInto(this.#vector, column.data, count, start, at)
    this.#validity.copy(column.valid, start, count, at)
  }

  end(rows: number): void {
    if (this.#vector !== undefined) this.#validity.apply(this.#vector, rows)
  }
}

/** A column that is never null in the table. */
class DefaultedColumnWriter implements ColumnWriter {
  readonly #name: string
  readonly #type: FixedType
  readonly #whenNull: number
  readonly #data: FixedArray
  #vector: duckdb.Vector | undefined
  #source: FixedColumn | undefined

  constructor(name: string, type: FixedType, whenNull: number) {
    this.#name = name
    this.#type = type
    this.#whenNull = whenNull
    this.#data = arrayOf(type, CHUNK_ROWS)
  }

  begin(vector: duckdb.Vector): void {
    this.#vector = vector
  }

  source(batch: Batch): void {
    const column = batch.columns.get(this.#name)
    if (column !== undefined && column.type !== this.#type) {
      typeMismatch(this.#name, this.#type, column)
    }
    this.#source = column
  }

  copy(start: number, count: number, at: number): void {
    const data = this.#data
    const missing = data instanceof BigInt64Array ? BigInt(this.#whenNull) : this.#whenNull
    const column = this.#source
    for (let i = 0; i < count; i++) {
      const row = start + i
      const present = column !== undefined && isValid(column.valid, row)
      data[at + i] = present ? (column.data[row] ?? missing) : missing
    }
  }

  end(rows: number): void {
    if (this.#vector !== undefined) copyInto(this.#vector, this.#data, rows)
  }
}

function arrayOf(type: FixedType, length: number): FixedArray {
  switch (type) {
    case 'i64':
      return new BigInt64Array(length)
    case 'f64':
      return new Float64Array(length)
    case 'i32':
      return new Int32Array(length)
    case 'i16':
      return new Int16Array(length)
    case 'bool':
      return new Uint8Array(length)
  }
}

class DictColumnWriter implements ColumnWriter {
  readonly #name: string
  readonly #idsOf: (values: readonly string[]) => Int32Array
  readonly #data = new Int32Array(CHUNK_ROWS)
  readonly #validity = new RowValidity()
  #vector: duckdb.Vector | undefined
  #codes: Int32Array | undefined
  #ids: Int32Array = new Int32Array(0)

  constructor(name: string, idsOf: (values: readonly string[]) => Int32Array) {
    this.#name = name
    this.#idsOf = idsOf
  }

  begin(vector: duckdb.Vector): void {
    this.#vector = vector
    this.#validity.clear()
  }

  source(batch: Batch): void {
    const column = batch.columns.get(this.#name)
    if (column === undefined) {
      this.#codes = undefined
      return
    }
    if (column.type !== 'dict') typeMismatch(this.#name, 'dict', column)
    this.#codes = column.codes
    this.#ids = this.#idsOf(column.values)
  }

  copy(start: number, count: number, at: number): void {
    const codes = this.#codes
    if (codes === undefined) {
      this.#validity.nulls(at, count)
      return
    }
    const ids = this.#ids
    const data = this.#data
    for (let i = 0; i < count; i++) {
      const code = codes[start + i] ?? -1
      if (code < 0) {
        data[at + i] = 0
        this.#validity.nulls(at + i, 1)
      } else {
        data[at + i] = ids[code] ?? 0
      }
    }
  }

  end(rows: number): void {
    if (this.#vector === undefined) return
    copyInto(this.#vector, this.#data, rows)
    this.#validity.apply(this.#vector, rows)
  }
}

class TextColumnWriter implements ColumnWriter {
  readonly #name: string
  readonly #validity = new RowValidity()
  readonly #strings = new StringVector(CHUNK_ROWS)
  #vector: duckdb.Vector | undefined
  #source: TextColumn | undefined

  constructor(name: string) {
    this.#name = name
  }

  begin(vector: duckdb.Vector): void {
    this.#vector = vector
    this.#validity.clear()
  }

  source(batch: Batch): void {
    const column = batch.columns.get(this.#name)
    if (column !== undefined && column.type !== 'text') typeMismatch(this.#name, 'text', column)
    this.#source = column
  }

  copy(start: number, count: number, at: number): void {
    const column = this.#source
    if (column === undefined || this.#vector === undefined) {
      this.#validity.nulls(at, count)
      this.#strings.empty(at, count)
      return
    }
    this.#strings.copy(this.#vector, column.offsets, column.bytes, start, count, at)
    this.#validity.copy(column.valid, start, count, at)
  }

  end(rows: number): void {
    if (this.#vector === undefined) return
    // A chunk without one value needs no strings: every row is null.
    this.#strings.write(this.#vector, rows)
    this.#validity.apply(this.#vector, rows, true)
  }
}

/** A map is a list of pairs; pairs of a chunk's rows are collected and written when it is full. */
class TagsColumnWriter implements ColumnWriter {
  readonly #name: string
  readonly #entries = new BigUint64Array(CHUNK_ROWS * 2)
  #pieces: { column: TagsColumn; names: Uint8Array[]; from: number; to: number }[] = []
  #pairs = 0
  #vector: duckdb.Vector | undefined
  #source: { column: TagsColumn; names: Uint8Array[] } | undefined

  constructor(name: string) {
    this.#name = name
  }

  begin(vector: duckdb.Vector): void {
    this.#vector = vector
    this.#pieces = []
    this.#pairs = 0
  }

  source(batch: Batch): void {
    const column = batch.columns.get(this.#name)
    if (column === undefined) {
      this.#source = undefined
      return
    }
    if (column.type !== 'tags') typeMismatch(this.#name, 'tags', column)
    this.#source = { column, names: encodedTexts(column.keyNames) }
  }

  copy(start: number, count: number, at: number): void {
    const source = this.#source
    const entries = this.#entries
    if (source === undefined) {
      for (let i = at; i < at + count; i++) {
        entries[i * 2] = BigInt(this.#pairs)
        entries[i * 2 + 1] = 0n
      }
      return
    }
    const { offsets } = source.column
    const from = offsets[start] ?? 0
    const to = offsets[start + count] ?? from
    const shift = this.#pairs - from
    for (let i = 0; i < count; i++) {
      const first = offsets[start + i] ?? 0
      entries[(at + i) * 2] = BigInt(first + shift)
      entries[(at + i) * 2 + 1] = BigInt((offsets[start + i + 1] ?? first) - first)
    }
    if (to > from) this.#pieces.push({ ...source, from, to })
    this.#pairs += to - from
  }

  end(rows: number): void {
    const vector = this.#vector
    if (vector === undefined) return
    duckdb.list_vector_reserve(vector, this.#pairs)
    duckdb.list_vector_set_size(vector, this.#pairs)
    duckdb.copy_data_to_vector(vector, 0, this.#entries.buffer, 0, rows * 16)
    if (this.#pairs === 0) return
    const pair = duckdb.list_vector_get_child(vector)
    const keyVector = duckdb.struct_vector_get_child(pair, 0)
    const valueVector = duckdb.struct_vector_get_child(pair, 1)
    const keys = new StringVector(this.#pairs)
    const values = new StringVector(this.#pairs)
    let at = 0
    for (const { column, names, from, to } of this.#pieces) {
      keys.pick(keyVector, names, column.keys, from, to - from, at)
      values.copy(valueVector, column.values.offsets, column.values.bytes, from, to - from, at)
      at += to - from
    }
    keys.write(keyVector, this.#pairs)
    values.write(valueVector, this.#pairs)
    // A validity of an earlier assignment must not survive: no key and no value is null.
    allValid(keyVector, this.#pairs)
    allValid(valueVector, this.#pairs)
  }
}

function allValid(vector: duckdb.Vector, rows: number): void {
  duckdb.vector_ensure_validity_writable(vector)
  const bytes = new Uint8Array(Math.ceil(rows / 64) * 8).fill(0xff)
  duckdb.copy_data_to_vector_validity(vector, 0, bytes.buffer, 0, bytes.length)
}
