import type { Clock } from '../../core/clock.ts'
import { faultOf } from './fault.ts'

const TRIES = 20
const WAIT_MS = 250

/**
 * Runs `work`, and where memory is lacking runs it again, up to five seconds long: the memory is in the
 * hands of statements under way, which come back soon, above all where `giveWay` stops them.
 * @throws whatever `work` throws else, and at last the lack of memory
 */
export async function onceThereIsMemory<T>(
  work: () => Promise<T>,
  giveWay: () => Promise<unknown>,
  clock: Pick<Clock, 'after'>,
): Promise<T> {
  for (let tried = 1; ; tried++) {
    try {
      return await work()
    } catch (error) {
      if (faultOf(error) !== 'out_of_memory' || tried === TRIES) throw error
      await giveWay()
      await new Promise<void>((resume) => clock.after(WAIT_MS, resume))
    }
  }
}
