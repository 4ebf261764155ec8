import { join } from 'node:path'
import { inFolder } from '../support/folder.ts'
import { type HubProcess, pause, withHub } from '../support/hub-process.ts'
import { residentMb } from '../support/process-measures.ts'
import { codeOf } from '../support/reports.ts'
import { mixSeed, Seeded } from '../support/seeded.ts'
import { Traffic } from '../support/traffic.ts'
import { FaultFound } from './fault-found.ts'
import { percentile } from './kill-cycles.ts'
import { Ledger } from './ledger.ts'
import { startLoad } from './load.ts'

/**
 * Far more expensive questions at once than the hub answers: no two alike, exact quantiles by many
 * dimensions from single rows. Each is answered or refused with a reason, in bounded time; events are
 * taken in all the while; afterwards every report is right.
 */

export interface QuestionStormOptions {
  readonly seed: number
  readonly events: number
  /** Clients that ask without a pause. */
  readonly askers: number
  readonly forMs: number
}

export interface QuestionStormReport {
  readonly acknowledged: number
  readonly answered: number
  /** Code of a refusal → how often. */
  readonly refused: Readonly<Record<string, number>>
  readonly p99BeforeMs: number
  readonly p99DuringMs: number
  readonly growthMb: number
}

const DEADLINE_MS = 5000
/** A refused or cancelled question is answered within its deadline, and what a slow machine adds. */
const ANSWERED_WITHIN_MS = 30_000
const REFUSALS = ['too_many_queries', 'query_timeout', 'result_too_large', 'overloaded']
const RETRY_MS = 50
const MOST_GROWTH_MB = 900
const SLACK_MS = 5000

/** @throws FaultFound */
export function runQuestionStorm(options: QuestionStormOptions): Promise<QuestionStormReport> {
  const { seed, events, askers, forMs } = options
  return inFolder((folder) => {
    const settings = {
      log_level: 'warn',
      'query.deadline_ms': DEADLINE_MS,
      'query.max_waiting': 8,
      'query.cache_mb': 8,
      'store.memory_mb': 512,
    }
    const ledger = new Ledger()
    return withHub({ dataDir: join(folder, 'data'), settings }, async (hub) => {
      const traffic = new Traffic({ seed, name: 'storm' })
      for (let sent = 0; sent < events; sent += 1000) await ledger.send(hub, traffic.batch(1000))
      const taking = { writers: 2, refusals: ['overloaded'], mayLose: false }
      const quiet = startLoad(hub, ledger, { ...taking, seed, name: 'quiet' })
      await pause(forMs / 4)
      const before = percentile((await quiet.end()).tookMs, 0.99)
      const memory = residentMb(hub.pid)
      const load = startLoad(hub, ledger, { ...taking, seed: seed + 1, name: 'during' })
      const { answered, refused } = await askAtOnce(hub, seed, askers, forMs)
      const growthMb = residentMb(hub.pid) - memory
      const during = percentile((await load.end()).tookMs, 0.99)
      if (answered === 0) throw new FaultFound('no question was answered')
      if (growthMb > MOST_GROWTH_MB) throw new FaultFound(`memory grew by ${growthMb} MB`)
      if (during > before * 10 + SLACK_MS) {
        throw new FaultFound(`events waited ${during} ms instead of ${before} (p99)`)
      }
      await ledger.resend(hub)
      await ledger.check(hub)
      return {
        acknowledged: ledger.acknowledged.size,
        answered,
        refused,
        p99BeforeMs: before,
        p99DuringMs: during,
        growthMb,
      }
    })
  })
}

async function askAtOnce(
  hub: HubProcess,
  seed: number,
  askers: number,
  forMs: number,
): Promise<{ answered: number; refused: Record<string, number> }> {
  const refused: Record<string, number> = {}
  let answered = 0
  const until = performance.now() + forMs
  const asker = async (number: number): Promise<void> => {
    const random = new Seeded(mixSeed(seed, number))
    while (performance.now() < until) {
      const since = performance.now()
      const reply = await hub.post('/api/v1/query', expensive(random))
      const took = performance.now() - since
      if (took > ANSWERED_WITHIN_MS) throw new FaultFound(`an answer took ${took} ms`)
      if (reply.status === 200) {
        answered++
        continue
      }
      const code = codeOf(reply.text)
      if (!REFUSALS.includes(code)) throw new FaultFound(`a question got ${reply.text}`)
      if (reply.status === 503 && reply.headers['retry-after'] === undefined) {
        throw new FaultFound(`503 ${code} without Retry-After`)
      }
      refused[code] = (refused[code] ?? 0) + 1
      await pause(RETRY_MS)
    }
  }
  await Promise.all(Array.from({ length: askers }, (_, number) => asker(number)))
  return { answered, refused }
}

/** A question that only single rows can answer, unlike any before. */
function expensive(random: Seeded): object {
  const from = Date.UTC(2026, 0, 5) + random.int(3_600_000)
  return {
    kind: 'table',
    measures: ['latency.p50', 'latency.p99', 'latency.stddev', 'users.count', 'cost.total'],
    by: ['model', 'user', 'tag.team'],
    filters: [{ field: 'latency', op: 'gte', value: random.int(1000) }],
    from,
    to: from + 5 * 3_600_000,
  }
}
