import { expect, it } from 'vitest'
import { manualClock } from '../../../test/manual-clock.ts'
import type { Connection } from './driver.ts'
import { ReadPool } from './read-pool.ts'

it('pauses only when no read runs, and reads that come meanwhile wait for the end', async () => {
  const order: string[] = []
  const connecting = Promise.withResolvers<Connection>()
  const reads = new ReadPool({
    connect: () => {
      order.push('read')
      return connecting.promise
    },
    clock: manualClock(),
    size: 1,
    maxWaiting: 1,
    onBroken: () => {},
  })
  const read = () => reads.run(() => Promise.resolve(), new AbortController().signal, 1_000)
  const end = Promise.withResolvers<void>()
  const paused = reads.pause(() => end.promise)
  const waiting = read()
  expect(reads.load).toEqual({ running: 0, waiting: 0 })
  order.push('end')
  end.resolve()
  await paused
  await expect.poll(() => order).toEqual(['end', 'read'])
  expect(reads.load).toEqual({ running: 1, waiting: 0 })
  await reads.pause(() => Promise.reject(new Error('a read runs')))
  expect(reads.finished).toBe(0)
  connecting.reject(new Error('no connection'))
  await expect(waiting).rejects.toThrow('no connection')
  expect(reads.finished).toBe(1)
  await reads.pause(() => Promise.resolve(void order.push('pause')))
  expect(order.at(-1)).toBe('pause')
})
