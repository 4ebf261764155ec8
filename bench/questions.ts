import type { Question } from '@llmhub/schema'
import { QUESTIONS } from '../packages/hub/src/cli/bench/dashboard-questions.ts'
import type { HttpConnection } from '../packages/hub/src/cli/bench/http-connection.ts'
import { quantile } from '../packages/hub/src/cli/bench/quantiles.ts'
import type { HubProcess } from './hub-process.ts'

/** Seconds by which the next question begins earlier: asked twice, a question would be answered by its first answer. */
let shift = 0

export interface QuestionResult {
  readonly name: string
  /** The first time after a start, the database's own cache empty; the system's may hold the file. */
  readonly coldMs: number
  readonly p50Ms: number
  readonly p95Ms: number
  /** Where the answer came from: raw, rollup or mixed. */
  readonly source: string
  /** The same from rows alone, by a filter that is true of every row and of no rollup's dimensions. */
  readonly rawP50Ms: number
  readonly rawP95Ms: number
  readonly rows: number
}

/** True of all events that the benchmark sends; `receiver` is a dimension of no rollup. */
const FROM_ROWS = { field: 'receiver', op: 'eq', value: 'http' } as const

/** Asks every question once cold, then `repeats` times warm and `repeats` times of rows. */
export async function measureQuestions(
  hub: HubProcess,
  repeats: number,
): Promise<readonly QuestionResult[]> {
  const connection = await hub.connect()
  const cold: number[] = []
  for (const { question } of QUESTIONS) cold.push((await ask(connection, question)).ms)
  const results: QuestionResult[] = []
  for (const [i, { name, question, rows: onlyRows }] of QUESTIONS.entries()) {
    const warm: number[] = []
    const raw: number[] = []
    let source = ''
    let rows = 0
    for (let n = 0; n < repeats; n++) {
      const answer = await ask(connection, question)
      warm.push(answer.ms)
      ;({ source, rows } = answer)
      if (onlyRows === true) continue
      raw.push((await ask(connection, { ...question, filters: [FROM_ROWS] })).ms)
    }
    const ofRows = onlyRows === true ? warm : raw
    results.push({
      name,
      coldMs: cold[i] ?? Number.NaN,
      p50Ms: quantile(warm, 0.5),
      p95Ms: quantile(warm, 0.95),
      source,
      rawP50Ms: quantile(ofRows, 0.5),
      rawP95Ms: quantile(ofRows, 0.95),
      rows,
    })
  }
  connection.close()
  return results
}

async function ask(
  connection: HttpConnection,
  question: Question,
): Promise<{ ms: number; source: string; rows: number }> {
  const body = Buffer.from(JSON.stringify({ ...question, from: `${question.from}-${++shift}s` }))
  const start = performance.now()
  const response = await connection.request('POST', '/api/v1/query', body)
  const ms = performance.now() - start
  const text = response.body.toString()
  if (response.status !== 200) throw new Error(`${JSON.stringify(question)}: ${text}`)
  const { meta, rows } = JSON.parse(text) as { meta: { source: string }; rows: unknown[] }
  return { ms, source: meta.source, rows: rows.length }
}

export interface ReportRate {
  readonly requestsPerSecond: number
  readonly p50Ms: number
  readonly p99Ms: number
}

/** A report that is in the cache, asked for by keep-alive connections as fast as answers come. */
export async function measureCachedReport(
  hub: HubProcess,
  seconds: number,
  connections: number,
): Promise<ReportRate> {
  const to = new Date().toISOString()
  const from = new Date(Date.parse(to) - 7 * 86_400_000).toISOString()
  const path = `/api/v1/costs?start_time=${from}&end_time=${to}`
  const open = await Promise.all(Array.from({ length: connections }, () => hub.connect()))
  const latencies: number[] = []
  const get = async (connection: HttpConnection): Promise<void> => {
    const { status, body } = await connection.request('GET', path)
    if (status !== 200) throw new Error(`${path}: ${status} ${body.toString()}`)
  }
  for (const connection of open) await get(connection)
  const start = performance.now()
  const end = start + seconds * 1000
  await Promise.all(
    open.map(async (connection) => {
      for (let now = performance.now(); now < end; ) {
        await get(connection)
        const then = performance.now()
        latencies.push(then - now)
        now = then
      }
    }),
  )
  const took = (performance.now() - start) / 1000
  for (const connection of open) connection.close()
  return {
    requestsPerSecond: latencies.length / took,
    p50Ms: quantile(latencies, 0.5),
    p99Ms: quantile(latencies, 0.99),
  }
}
