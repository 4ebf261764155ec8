import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { makeBody, makePool } from '../packages/hub/src/cli/bench/traffic.ts'

/** What the same machine does in the same run without the hub. */
export interface Peers {
  /** Events per second of DuckDB's `INSERT … FROM read_json` into a table of its own. */
  readonly readJsonPerSecond: number
  /** Events per second inserted by one statement each, in one transaction. */
  readonly oneRowPerSecond: number
  readonly events: number
  readonly oneRowEvents: number
}

const READ_JSON_EVENTS = 200_000
const ONE_ROW_EVENTS = 5_000
const DAY_MS = 86_400_000

/** Events per second that one thread parses with JSON.parse, 1,000 a time: what the machine gives now. */
export function calibrate(seed: number): number {
  const pool = makePool(seed, 1_000)
  const text = makeBody(pool, 0, 1_000, 0, () => DAY_MS).toString('latin1')
  const rates: number[] = []
  for (let round = 0; round < 8; round++) {
    const start = performance.now()
    let parsed = 0
    while (performance.now() - start < 100) parsed += (JSON.parse(text) as unknown[]).length
    rates.push(parsed / ((performance.now() - start) / 1000))
  }
  // The best, for whatever else runs can only make it slower.
  return Math.max(...rates)
}

/** The file-backed database, its threads and the events are like the hub's. */
export async function measurePeers(seed: number): Promise<Peers> {
  const { DuckDBInstance } = await import('@duckdb/node-api')
  const folder = await mkdtemp(join(tmpdir(), 'llmhub-bench-peer-'))
  try {
    const pool = makePool(seed, 50_000)
    const file = join(folder, 'events.json')
    const now = Date.now()
    const bodies: Buffer[] = []
    for (let serial = 0; serial < READ_JSON_EVENTS; serial += 1_000) {
      const place = serial % pool.events
      const body = makeBody(pool, place, 1_000, serial, () => now)
      bodies.push(body)
    }
    const all = Buffer.concat(bodies).toString('latin1').replaceAll('][', ',')
    await writeFile(file, all, 'latin1')
    const instance = await DuckDBInstance.create(join(folder, 'peer.duckdb'), { threads: '2' })
    const connection = await instance.connect()
    const source = `read_json('${file}', maximum_object_size = 1000000000)`
    await connection.run(`CREATE TABLE events AS SELECT common.*, payload.* FROM ${source} LIMIT 0`)
    let start = performance.now()
    await connection.run(`INSERT INTO events SELECT common.*, payload.* FROM ${source}`)
    const readJsonPerSecond = READ_JSON_EVENTS / ((performance.now() - start) / 1000)

    await connection.run(
      'CREATE TABLE plain (id VARCHAR, happened TIMESTAMP, model VARCHAR, body JSON)',
    )
    const insert = await connection.prepare('INSERT INTO plain VALUES ($1, $2::TIMESTAMP, $3, $4)')
    const events = JSON.parse(
      makeBody(pool, 0, ONE_ROW_EVENTS, 0, () => now).toString('latin1'),
    ) as {
      common: { event_id: string; timestamp: string }
      payload: { model_id: string }
    }[]
    start = performance.now()
    await connection.run('BEGIN')
    for (const event of events) {
      insert.bindVarchar(1, event.common.event_id)
      insert.bindVarchar(2, event.common.timestamp)
      insert.bindVarchar(3, event.payload.model_id)
      insert.bindVarchar(4, JSON.stringify(event))
      await insert.run()
    }
    await connection.run('COMMIT')
    const oneRowPerSecond = ONE_ROW_EVENTS / ((performance.now() - start) / 1000)
    connection.closeSync()
    instance.closeSync()
    return {
      readJsonPerSecond,
      oneRowPerSecond,
      events: READ_JSON_EVENTS,
      oneRowEvents: ONE_ROW_EVENTS,
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
