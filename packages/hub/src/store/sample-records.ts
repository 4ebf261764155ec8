import { EVENT_COLUMNS, REJECT_COLUMNS } from '@llmhub/schema'
import { BatchBuilder, encodeBatch } from '@llmhub/stream'
import type { LogRecord } from '../log/log.ts'
import { encodeOperation, type MaintenanceOperation, type RowPosition } from '../log/operation.ts'
import type { RepricedRow, RowPlace } from '../log/operation-rows.ts'
import type { Apply } from './store.ts'

/**
 * Log records whose every cell follows from (partition, offset, index): for the conformance suite,
 * tests and benchmarks. The same place always holds the same row, whoever makes it and when.
 */

/** 2026-11-02T00:00:00Z in microseconds. */
export const SAMPLE_START = 1_793_577_600_000_000
const MODELS = ['gpt-4o', 'gpt-4o-mini', 'claude-sonnet-4', 'llama-3.3-70b', 'mistral-large']
const PROVIDERS = ['openai', 'openai', 'anthropic', 'azure', 'mistral']
const STATUSES = ['ok', 'ok', 'ok', 'ok', 'ok', 'ok', 'error', 'timeout']

export interface SampleShape {
  /** Rows of a record. Default 3. */
  readonly rows?: number
  readonly projects?: readonly string[]
  /** Microseconds between rows. Default one second. */
  readonly step?: number
}

/** Whole number of 32 bits that looks random and follows from the place alone. */
function noise(partition: number, offset: bigint, index: number, salt: number): number {
  let h = (Number(offset & 0xffff_ffffn) ^ (partition << 28) ^ (salt * 0x9e37_79b9)) >>> 0
  h = Math.imul(h ^ (index + 0x85eb_ca6b), 0xcc9e_2d51) >>> 0
  h = Math.imul(h ^ (h >>> 15), 0x2c1b_3c6d) >>> 0
  return (h ^ (h >>> 13)) >>> 0
}

/** A record of events as ingest makes them: about half of the columns, text of a dozen columns, tags. */
export function sampleEvents(
  partition: number,
  offset: bigint,
  shape: SampleShape = {},
): LogRecord {
  const rows = shape.rows ?? 3
  const projects = shape.projects ?? ['default']
  const step = shape.step ?? 1_000_000
  const b = new BatchBuilder(EVENT_COLUMNS)
  const dict = (name: string) => b.dict(name)
  const project = dict('project')
  const kind = dict('kind')
  const family = dict('family')
  const receiver = dict('receiver')
  const environment = dict('environment')
  const severity = dict('severity')
  const sourceModule = dict('source_module')
  const schemaVersion = dict('schema_version')
  const model = dict('model')
  const provider = dict('provider')
  const status = dict('status')
  const errorType = dict('error_type')
  const service = dict('service')
  const priceSource = dict('price_source')
  const eventId = b.text('event_id')
  const requestId = b.text('request_id')
  const userId = b.text('user_id')
  const sessionId = b.text('session_id')
  const extra = b.text('extra')
  const time = b.int64('time')
  const receivedAt = b.int64('received_at')
  const idHi = b.int64('id_hi')
  const idLo = b.int64('id_lo')
  const contentHash = b.int64('content_hash')
  const input = b.int64('input_tokens')
  const output = b.int64('output_tokens')
  const cost = b.int64('cost_total')
  const computed = b.int64('cost_computed')
  const prompt = b.int64('cost_prompt')
  const completion = b.int64('cost_completion')
  const other = b.int64('cost_other')
  const reported = b.int64('cost_reported')
  const latency = b.number('latency_ms')
  const ttft = b.number('ttft_ms')
  const temperature = b.number('temperature')
  const weight = b.number('weight')
  const latencyBin = b.number('latency_bin')
  const tags = b.tags('tags')
  for (let i = 0; i < rows; i++) {
    const row = b.addRow()
    const at = (salt: number): number => noise(partition, offset, i, salt)
    const m = at(1) % MODELS.length
    const state = STATUSES[at(2) % STATUSES.length] ?? 'ok'
    const micros = SAMPLE_START + (Number(offset) * rows + i) * step
    project.set(row, projects[at(3) % projects.length] ?? 'default')
    kind.set(row, 'llm_request')
    family.set(row, 'telemetry')
    receiver.set(row, 'http')
    environment.set(row, at(4) % 4 === 0 ? 'staging' : 'production')
    severity.set(row, 'info')
    sourceModule.set(row, 'llm-observatory')
    schemaVersion.set(row, '1.0.0')
    model.set(row, MODELS[m] ?? '')
    provider.set(row, PROVIDERS[m] ?? '')
    status.set(row, state)
    if (state === 'error') errorType.set(row, 'rate_limit')
    service.set(row, `service-${at(5) % 7}`)
    priceSource.set(row, 'package')
    eventId.set(row, `event-${partition}-${offset}-${i}`)
    requestId.set(row, `req-${at(6).toString(16)}`)
    if (at(7) % 3 > 0) userId.set(row, `user-${at(8) % 1000}`)
    sessionId.set(row, `session-${at(9) % 5000}`)
    if (at(10) % 10 === 0) extra.set(row, `{"note":"naïve ☃ ${at(11)}"}`)
    time.set(row, micros)
    receivedAt.set(row, micros + 1000)
    idHi.set(row, at(12))
    idLo.set(row, at(13))
    contentHash.set(row, at(24))
    const inTokens = at(14) % 4000
    const outTokens = at(15) % 1000
    input.set(row, inTokens)
    output.set(row, outTokens)
    // As ingest has it: the total is the computed cost, else the reported one, else unknown.
    const priced = inTokens * 2_500_000 + outTokens * 10_000_000 + 1_000_000
    const claimed = at(26) % 5 === 0 ? at(27) * 1000 : null
    if (at(25) % 8 > 0) {
      computed.set(row, priced)
      prompt.set(row, inTokens * 2_500_000)
      completion.set(row, outTokens * 10_000_000)
      other.set(row, 1_000_000)
      cost.set(row, priced)
    } else if (claimed !== null) cost.set(row, claimed)
    if (claimed !== null) reported.set(row, claimed)
    if (state === 'ok') latency.set(row, 50 + (at(16) % 400_000) / 100)
    if (state === 'ok') ttft.set(row, 10 + (at(17) % 50_000) / 100)
    if (state === 'ok') latencyBin.set(row, at(18) % 900)
    temperature.set(row, (at(19) % 20) / 10)
    if (at(20) % 50 === 0) weight.set(row, 10)
    tags.add(row, 'region', at(21) % 2 === 0 ? 'us-east-1' : 'eu-central-1')
    if (at(22) % 5 === 0) tags.add(row, 'team', `team-${at(23) % 4}`)
  }
  return { kind: 'events', partition, offset, payload: encodeBatch(b.finish()) }
}

export function sampleRejects(partition: number, offset: bigint, rows = 2): LogRecord {
  const b = new BatchBuilder(REJECT_COLUMNS)
  const project = b.dict('project')
  const id = b.text('reject_id')
  const receivedAt = b.int64('received_at')
  const receiver = b.dict('receiver')
  const code = b.dict('code')
  const message = b.text('message')
  for (let i = 0; i < rows; i++) {
    const row = b.addRow()
    project.set(row, 'default')
    id.set(row, `reject-${partition}-${offset}-${i}`)
    receivedAt.set(row, SAMPLE_START + Number(offset))
    receiver.set(row, 'http')
    code.set(row, i % 2 === 0 ? 'missing_field' : 'wrong_type')
    message.set(row, `payload.model_id: row ${i}`)
  }
  return { kind: 'rejects', partition, offset, payload: encodeBatch(b.finish()) }
}

export function sampleSuppression(
  partition: number,
  offset: bigint,
  rows: readonly RowPosition[],
): LogRecord {
  return {
    kind: 'operation',
    partition,
    offset,
    payload: encodeOperation({ op: 'suppress', project: 'default', rows }),
  }
}

/** An operation at a place of the log; head and cut are those given. */
export function sampleOperation(
  partition: number,
  offset: bigint,
  operation: MaintenanceOperation,
): LogRecord {
  return { kind: 'operation', partition, offset, payload: encodeOperation(operation) }
}

/** New costs that follow from the place and `version`; every fifth is unknown. */
export function sampleReprice(place: RowPlace, version: string): RepricedRow {
  const at = (salt: number): number =>
    noise(place.partition, place.offset, place.index, salt + version.length)
  const { partition, offset, index } = place
  if (at(31) % 5 === 0) {
    return { partition, offset, index, ...UNKNOWN_COST, priceVersion: version }
  }
  const costPrompt = BigInt(at(32)) * 1000n
  return {
    partition,
    offset,
    index,
    costComputed: costPrompt + BigInt(at(33)) * 1000n,
    costPrompt,
    costOther: 0n,
    costCacheSaved: costPrompt - 7n,
    priceSource: 'override',
    priceRule: `rule-${at(34) % 3}`,
    priceVersion: version,
  }
}

const UNKNOWN_COST = {
  costComputed: null,
  costPrompt: null,
  costOther: null,
  costCacheSaved: null,
  priceSource: null,
  priceRule: null,
} as const

export function applyOf(records: readonly LogRecord[], epoch = 1): Apply {
  const first = records[0]
  const last = records.at(-1)
  if (first === undefined || last === undefined) throw new RangeError('an apply needs a record')
  return {
    partition: first.partition,
    epoch,
    first: first.offset,
    next: last.offset + 1n,
    records,
  }
}
