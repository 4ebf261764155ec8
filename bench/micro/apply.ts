/**
 * Rows applied per second by the DuckDB store, without and with a write-ahead log, beside DuckDB's own
 * `read_json` insert of the same rows into the same table in the same run:
 * `node --conditions=@llmhub/source bench/micro/apply.ts [rows per round] [rounds]`.
 */

import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { decodeBatch } from '@llmhub/stream'
import { systemClock } from '../../packages/hub/src/core/clock.ts'
import { DuckDbStore } from '../../packages/hub/src/store/duckdb/duckdb-store.ts'
import { EVENT_ROW_COLUMNS, SQL_TYPES } from '../../packages/hub/src/store/duckdb/physical.ts'
import { applyOf, sampleEvents } from '../../packages/hub/src/store/sample-records.ts'

const rows = Number(process.argv[2] ?? 200_000)
const rounds = Number(process.argv[3] ?? 3)
const RECORD_ROWS = 500
const BATCH_ROWS = 20_000
const dir = await mkdtemp(join(tmpdir(), 'bench-apply-'))
const records = Array.from({ length: rows / RECORD_ROWS }, (_, i) =>
  sampleEvents(0, BigInt(i), { rows: RECORD_ROWS, step: 1000 }),
)

async function applyRound(wal: boolean, round: number): Promise<[seconds: number, bytes: number]> {
  const path = join(dir, `${wal ? 'wal' : 'no-wal'}-${round}.duckdb`)
  const opening = await DuckDbStore.open({
    path,
    wal,
    clock: systemClock,
    incarnation: 'bench',
    answer: () => Promise.reject(new Error('not asked here')),
  })
  if (!opening.ok) throw new Error(opening.reason)
  const { store } = opening
  const step = BATCH_ROWS / RECORD_ROWS
  const start = performance.now()
  for (let at = 0; at < records.length; at += step) {
    await store.apply(applyOf(records.slice(at, at + step)))
  }
  await store.checkpoint()
  const seconds = (performance.now() - start) / 1000
  await store.close()
  return [seconds, (await stat(path)).size / rows]
}

/** One JSON object per row, with the columns that the sample fills; texts in place of ids. */
async function writeJson(path: string): Promise<void> {
  const out = createWriteStream(path)
  const decoder = new TextDecoder()
  for (const { payload } of records) {
    const { columns } = decodeBatch(payload)
    const lines: string[] = []
    for (let row = 0; row < RECORD_ROWS; row++) {
      const object: Record<string, unknown> = {}
      for (const [name, column] of columns) {
        if (column.type === 'dict') object[name] = column.values[column.codes[row] ?? -1]
        else if (column.type === 'text') {
          const [from, to] = [column.offsets[row], column.offsets[row + 1]]
          if (from !== to) object[name] = decoder.decode(column.bytes.subarray(from, to))
        } else if (column.type === 'tags') {
          object[name] = { region: 'us-east-1' }
        } else object[name] = Number(column.data[row])
      }
      lines.push(`${JSON.stringify(object)}\n`)
    }
    if (!out.write(lines.join(''))) await once(out, 'drain')
  }
  out.end()
  await once(out, 'finish')
}

async function readJsonRound(json: string, round: number): Promise<number> {
  const instance = await DuckDBInstance.create(join(dir, `json-${round}.duckdb`), { threads: '2' })
  const connection = await instance.connect()
  const columns = EVENT_ROW_COLUMNS.map(({ name, type }) => {
    return `"${name}" ${type === 'dict' ? 'VARCHAR' : SQL_TYPES[type]}`
  })
  await connection.run(`CREATE TABLE event_rows (${columns.join(', ')})`)
  const types = EVENT_ROW_COLUMNS.map(({ name, type }) => {
    return `'${name}': '${type === 'dict' ? 'VARCHAR' : SQL_TYPES[type]}'`
  })
  const start = performance.now()
  await connection.run(
    `INSERT INTO event_rows SELECT * FROM read_json('${json}', format = 'newline_delimited', columns = {${types.join(', ')}})`,
  )
  await connection.run('CHECKPOINT')
  const seconds = (performance.now() - start) / 1000
  connection.closeSync()
  instance.closeSync()
  return seconds
}

const best = (values: readonly number[]): number => values.reduce((a, b) => Math.min(a, b))
const rate = (seconds: number): string =>
  `${Math.round(rows / seconds).toLocaleString('en')} rows/s`

try {
  const json = join(dir, 'rows.ndjson')
  await writeJson(json)
  const times = { noWal: [] as number[], wal: [] as number[], json: [] as number[] }
  let bytes = 0
  for (let round = 0; round < rounds; round++) {
    const [seconds, perRow] = await applyRound(false, round)
    times.noWal.push(seconds)
    bytes = perRow
    times.wal.push((await applyRound(true, round))[0])
    times.json.push(await readJsonRound(json, round))
  }
  const reference = best(times.json)
  console.log(`${rows} rows in commits of ${BATCH_ROWS}, best of ${rounds}, checkpoint included`)
  for (const [name, list] of [
    ['apply', times.noWal],
    ['apply with write-ahead log', times.wal],
    ['read_json insert', times.json],
  ] as const) {
    console.log(`${name}: ${rate(best(list))}, ${(reference / best(list)).toFixed(2)} × read_json`)
  }
  console.log(`${bytes.toFixed(1)} bytes per row on disk`)
} finally {
  await rm(dir, { recursive: true, force: true })
}
