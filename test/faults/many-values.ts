import { join } from 'node:path'
import type { Question } from '@llmhub/schema'
import { inFolder } from '../support/folder.ts'
import { type HubProcess, pause, withHub } from '../support/hub-process.ts'
import { residentMb } from '../support/process-measures.ts'
import { ask } from '../support/reports.ts'
import { FaultFound } from './fault-found.ts'

/**
 * Every event with a user, a model and a tag value nobody had before: what an id in the wrong field
 * does. Memory stays bounded, no value is mixed up with another, and totals are right.
 */

export interface ManyValuesOptions {
  /** Events, and so different values of each dimension. */
  readonly values: number
}

export interface ManyValuesReport {
  readonly values: number
  readonly residentMb: number
  readonly growthMb: number
}

const START = Date.UTC(2026, 0, 5)
const RANGE = { from: START, to: START + 3_600_000 } as const
const BATCH = 5000
const STORE_MB = 256
/** Memory of the store, and what one value may cost besides. */
const MOST_GROWTH_MB = STORE_MB + 350
const APPLIED_WITHIN_MS = 120_000
const PROBES = 20
const LATENCY = 1000

/** @throws FaultFound */
export function runManyValues({ values }: ManyValuesOptions): Promise<ManyValuesReport> {
  return inFolder((folder) => {
    const settings = { log_level: 'warn', 'store.memory_mb': STORE_MB }
    return withHub({ dataDir: join(folder, 'data'), settings }, async (hub) => {
      const before = residentMb(hub.pid)
      let largest = before
      for (let from = 0; from < values; from += BATCH) {
        await take(hub, from, Math.min(values, from + BATCH))
        largest = Math.max(largest, residentMb(hub.pid))
      }
      const deadline = performance.now() + APPLIED_WITHIN_MS
      while ((await count(hub, {})) !== values) {
        if (performance.now() > deadline) {
          throw new FaultFound(`${await count(hub, {})} of ${values} events counted${hub.story()}`)
        }
        await pause(100)
      }
      await demandRight(hub, values)
      largest = Math.max(largest, residentMb(hub.pid))
      if (largest - before > MOST_GROWTH_MB) {
        throw new FaultFound(`memory grew by ${largest - before} MB for ${values} values`)
      }
      return { values, residentMb: largest, growthMb: largest - before }
    })
  })
}

async function take(hub: HubProcess, from: number, to: number): Promise<void> {
  const lines: string[] = []
  for (let n = from; n < to; n++) {
    const common = {
      event_id: `v${n}`,
      timestamp: START + (n % 3_600_000),
      tags: { [`key-${n % 50}`]: `tag-${n}`, all: `tag-${n}` },
    }
    const payload = {
      type: 'llm_request',
      model_id: `model-${n}`,
      user_id: `user-${n}`,
      latency_ms: n % LATENCY,
      usage: { input_tokens: n, output_tokens: 1 },
    }
    lines.push(`${JSON.stringify({ common, payload })}\n`)
  }
  for (;;) {
    const reply = await hub.send('POST', '/api/v1/events', lines.join(''), 'application/x-ndjson')
    if (reply.status === 503 && reply.headers['retry-after'] !== undefined) {
      await pause(200)
      continue
    }
    const { accepted } = JSON.parse(reply.text) as { accepted?: number }
    if (reply.status !== 200 || accepted !== lines.length) {
      throw new FaultFound(`${lines.length} events got ${reply.status} ${reply.text.slice(0, 500)}`)
    }
    return
  }
}

async function count(hub: HubProcess, more: Partial<Question>): Promise<number> {
  const { rows } = await ask(hub, {
    kind: 'table',
    measures: ['events.count'],
    ...RANGE,
    ...more,
  })
  return Number(rows[0]?.[0] ?? 0)
}

/** Totals, the largest of each dimension, and single values, each against plain arithmetic. */
async function demandRight(hub: HubProcess, values: number): Promise<void> {
  const total = await ask(hub, {
    kind: 'table',
    measures: ['tokens.input', 'users.count'],
    ...RANGE,
  })
  const [input, users] = total.rows[0] ?? []
  if (input !== (values * (values - 1)) / 2) throw new FaultFound(`tokens.input is ${input}`)
  if (users !== values) throw new FaultFound(`users.count is ${users}, not ${values}`)
  for (const [dimension, prefix] of [
    ['model', 'model-'],
    ['user', 'user-'],
    ['tag.all', 'tag-'],
  ] as const) {
    const { rows } = await ask(hub, {
      kind: 'table',
      measures: ['tokens.input'],
      by: [dimension],
      top: { by: 'tokens.input', n: 3, other: true },
      ...RANGE,
    })
    const largest = [1, 2, 3].map((back) => values - back)
    const rest = (values * (values - 1)) / 2 - largest.reduce((sum, n) => sum + n, 0)
    const wanted = [...largest.map((n) => [`${prefix}${n}`, n]), rest]
    const got = [...rows.slice(0, 3), rows[3]?.[1]]
    if (rows.length !== 4 || JSON.stringify(got) !== JSON.stringify(wanted)) {
      throw new FaultFound(`top ${dimension} is ${JSON.stringify(rows)}`)
    }
    for (let probe = 0; probe < PROBES; probe++) {
      const n = Math.floor((probe * values) / PROBES)
      const filters = [{ field: dimension, op: 'eq', value: `${prefix}${n}` }] as const
      const found = await count(hub, { filters })
      if (found !== 1) throw new FaultFound(`${dimension} ${prefix}${n} has ${found} events`)
    }
  }
}
