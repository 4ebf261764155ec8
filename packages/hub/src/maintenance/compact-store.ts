import type { Clock } from '../core/clock.ts'
import type { CompactionStart, StoreStatus } from '../store/protocol.ts'

export interface CompactStoreParts {
  readonly store: {
    status(): Promise<StoreStatus>
    compact(): Promise<CompactionStart>
  }
  readonly clock: Pick<Clock, 'hold'>
}

const LOOK_MS = 100

/**
 * Compacts the database file and waits until the store answers again. One that is under way is waited
 * for first, because it may have copied rows that have been deleted since.
 * @throws Error when there is no room, the compaction failed, or `signal` was aborted
 */
export async function compactStore(
  { store, clock }: CompactStoreParts,
  signal: AbortSignal,
): Promise<{ readonly bytesBefore: number; readonly bytesAfter: number }> {
  const pause = () => new Promise<void>((resume) => clock.hold(LOOK_MS, resume))
  for (;;) {
    if (signal.aborted) throw new Error('stopped')
    const outcome = await store.compact()
    if (outcome.ok) break
    if (outcome.failure === 'no_space') throw new Error(outcome.message)
    const { state } = await store.status()
    if (state === 'broken' || state === 'failed') throw new Error(outcome.message)
    await pause()
  }
  for (;;) {
    const { state, compaction } = await store.status()
    if (compaction.running === null && compaction.last !== null) {
      const { problem, bytesBefore, bytesAfter } = compaction.last
      if (problem !== null) throw new Error(`the database file was not compacted: ${problem}`)
      if (state === 'ready') return { bytesBefore, bytesAfter }
      if (state === 'broken' || state === 'failed') throw new Error('the store did not come back')
    }
    if (signal.aborted) throw new Error('stopped')
    await pause()
  }
}
