import { type HubProcess, pause } from '../support/hub-process.ts'
import { mixSeed, Seeded } from '../support/seeded.ts'
import { Traffic } from '../support/traffic.ts'
import { FaultFound } from './fault-found.ts'
import type { Ledger } from './ledger.ts'

/** Writers that go on sending until they are told to end: what a hub has to do while a fault is on. */

export interface LoadOptions {
  readonly seed: number
  /** Begins the ids: no two loads of one data folder may share it. */
  readonly name: string
  /** Default 4. */
  readonly writers?: number
  /** Most events of one request. Default 60. */
  readonly most?: number
  /** Codes of a 503 that this fault may cause. Default: none. */
  readonly refusals?: readonly string[]
  /** Whether a request may go without an answer. Default true. */
  readonly mayLose?: boolean
  /** Whether a writer ends with its first request without an answer. Default false. */
  readonly endAtLoss?: boolean
}

export interface LoadReport {
  readonly requests: number
  /** Requests answered with 503. */
  readonly refused: number
  /** Requests without an answer. */
  readonly lost: number
  /** Milliseconds of each request that was answered, ascending. */
  readonly tookMs: readonly number[]
}

export interface Load {
  /** Ends every writer after the answer it waits for. @throws FaultFound what a writer found */
  end(): Promise<LoadReport>
}

/** How long a writer waits after a 503 or a broken connection. */
const RETRY_MS = 50

export function startLoad(hub: HubProcess, ledger: Ledger, options: LoadOptions): Load {
  const {
    seed,
    name,
    writers = 4,
    most = 60,
    refusals = [],
    mayLose = true,
    endAtLoss = false,
  } = options
  const report = { requests: 0, refused: 0, lost: 0 }
  const tookMs: number[] = []
  let ended = false
  const write = async (writer: number): Promise<void> => {
    const random = new Seeded(mixSeed(seed, writer, 1))
    const traffic = new Traffic({ seed: mixSeed(seed, writer), name: `${name}-${writer}` })
    while (!ended && !hub.hasEnded) {
      const since = performance.now()
      const outcome = await ledger.send(
        hub,
        traffic.batch(random.between(1, most)),
        random.chance(0.3),
      )
      report.requests++
      if (outcome.kind === 'answered') {
        tookMs.push(performance.now() - since)
        continue
      }
      if (outcome.kind === 'refused' && !refusals.includes(outcome.code)) {
        throw new FaultFound(`events got 503 ${outcome.code}${hub.story()}`)
      }
      if (outcome.kind === 'unknown' && !mayLose) {
        throw new FaultFound(`a request got no answer${hub.story()}`)
      }
      report[outcome.kind === 'refused' ? 'refused' : 'lost']++
      if (outcome.kind === 'unknown' && endAtLoss) return
      await pause(RETRY_MS)
    }
  }
  const all = Promise.all(Array.from({ length: writers }, (_, writer) => write(writer)))
  // What a writer finds is thrown by `end`, which may come much later.
  all.catch(() => undefined)
  return {
    async end() {
      ended = true
      await all
      return { ...report, tookMs: tookMs.toSorted((a, b) => a - b) }
    },
  }
}
