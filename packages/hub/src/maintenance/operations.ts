/**
 * How anything changes rows that are in the log already: an act reads what it needs from the store,
 * appends operations, and waits until they are applied. Acts run one at a time, so that what one has
 * read is still so when its operations are applied; ingest goes on beside them, and the cut of an
 * operation keeps it from the rows that came in meanwhile.
 *
 * An act keeps no state: one that a stop or a crash ended in the middle is run again, and what it did
 * already is done once.
 */

import type { Clock } from '../core/clock.ts'
import { type Appended, type AppendFailure, LIVE, type Log } from '../log/log.ts'
import { type Cut, encodeOperation, type MaintenanceOperation } from '../log/operation.ts'
import type { RowPlace } from '../log/operation-rows.ts'
import type { ScanFailure, ScanOutcome, ScanPage, ScanRequest } from '../store/protocol.ts'

export interface OperationParts {
  readonly log: Pick<Log, 'append'>
  readonly scan: (request: ScanRequest, signal: AbortSignal) => Promise<ScanOutcome>
  /** Position per partition that the store has applied at least. */
  readonly applied: () => Promise<Cut>
  /** True once every record before `offset` is applied; false when `timeoutMs` passed or `signal` was aborted. */
  readonly waitFor: (
    position: { readonly partition: number; readonly offset: bigint },
    timeoutMs: number,
    signal: AbortSignal,
  ) => Promise<boolean>
  readonly clock: Clock
  readonly newId: () => string
}

export type OperationOutcome =
  | { readonly ok: true; readonly appended: Appended }
  | {
      readonly ok: false
      readonly failure: AppendFailure | 'stopped'
      readonly message: string
    }

/** What an act is given. */
export interface ActTools {
  /** Aborted when the hub stops or the caller gives up. */
  readonly signal: AbortSignal
  /** The head of a new operation: its id, the time, who asked for it. */
  head(cut: Cut): {
    readonly id: string
    readonly at: number
    readonly by: string | null
    readonly cut: Cut
  }
  /** Rows of a filter, page by page in the order of their places, as of each page's own position. */
  scan(request: Omit<ScanRequest, 'after'>): AsyncGenerator<ScanPage>
  applied(): Promise<Cut>
  /** Appends one operation and answers when it is durable, which is before it is applied. */
  append(operation: MaintenanceOperation): Promise<OperationOutcome>
  /** Waits until the store has applied what was appended; false when the act is stopped before. */
  untilApplied(appended: Appended): Promise<boolean>
}

/**
 * Why an act did not come to its end. `stopped`: the hub is shutting down or the caller gave up; what was
 * appended stays valid.
 */
export type MaintenanceFailure = ScanFailure | AppendFailure | 'stopped'

/** An act was not begun, the store could not be read, or the log took no operation. */
export class MaintenanceError extends Error {
  override readonly name = 'MaintenanceError'
  readonly failure: MaintenanceFailure

  constructor(failure: MaintenanceFailure, message: string) {
    super(message)
    this.failure = failure
  }
}

/** How long one wait for the store lasts before it is looked at again. */
const WAIT_MS = 60_000

/** Runs acts, one at a time in the order of their calls. */
export class Maintenance {
  readonly #parts: OperationParts
  readonly #stop = new AbortController()
  #turn: Promise<unknown> = Promise.resolve()
  #waiting = 0

  constructor(parts: OperationParts) {
    this.#parts = parts
  }

  /** Acts running and waiting. */
  get waiting(): number {
    return this.#waiting
  }

  /**
   * Runs `act` when all before it have ended.
   * @param by id of the key that asks, or null
   * @throws MaintenanceError when stopped before its turn, and whatever the act throws
   */
  run<T>(
    by: string | null,
    act: (tools: ActTools) => Promise<T>,
    signal: AbortSignal = this.#stop.signal,
  ): Promise<T> {
    const either = AbortSignal.any([signal, this.#stop.signal])
    this.#waiting++
    const turn = this.#turn
      .then(() => {
        if (either.aborted) throw new MaintenanceError('stopped', 'the act was stopped')
        return act(actTools(this.#parts, by, either))
      })
      .finally(() => this.#waiting--)
    this.#turn = turn.catch(() => {})
    return turn
  }

  /** Stops the act under way at its next step; none begins any more. Idempotent. */
  async stop(): Promise<void> {
    this.#stop.abort()
    await this.#turn
  }
}

function actTools(parts: OperationParts, by: string | null, signal: AbortSignal): ActTools {
  return {
    signal,
    head: (cut) => ({ id: parts.newId(), at: parts.clock.nowMicros(), by, cut }),
    applied: () => parts.applied(),
    append: (operation) => appendOperation(parts.log, operation, signal),
    async *scan(request) {
      let after: RowPlace | null = null
      do {
        if (signal.aborted) throw new MaintenanceError('stopped', 'the act was stopped')
        const outcome = await parts.scan({ ...request, after }, signal)
        if (!outcome.ok) throw new MaintenanceError(outcome.failure, outcome.message)
        if (outcome.page.rows.length > 0) yield outcome.page
        after = outcome.page.next
      } while (after !== null)
    },
    async untilApplied({ partition, next }) {
      while (!signal.aborted) {
        if (await parts.waitFor({ partition, offset: next }, WAIT_MS, signal)) return true
      }
      return false
    },
  }
}

/** Appends an operation to the live partition, where every operation of maintenance belongs. */
export async function appendOperation(
  log: Pick<Log, 'append'>,
  operation: MaintenanceOperation,
  signal?: AbortSignal,
): Promise<OperationOutcome> {
  if (signal?.aborted === true) {
    return { ok: false, failure: 'stopped', message: 'the act was stopped' }
  }
  return log.append(LIVE, [{ kind: 'operation', payload: encodeOperation(operation) }])
}

/**
 * The cut of an operation on `places`: the position that they were read at, and beyond every place, where
 * they come from pages of several positions. A row that has been read is applied, so that the greater
 * cut is reached as well.
 */
export function cutAbove(position: Cut, places: Iterable<RowPlace>): Cut {
  const cut = new Map(position)
  for (const { partition, offset } of places) {
    if (offset >= (cut.get(partition) ?? 0n)) cut.set(partition, offset + 1n)
  }
  return cut
}
