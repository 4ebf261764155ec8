import { expect, it } from 'vitest'
import { manualClock } from '../../../test/manual-clock.ts'
import { ReadPool } from './read-pool.ts'

it('a pause of the reads waits for none, and those that come wait for its end', async () => {
  const order: string[] = []
  const reads = new ReadPool({
    connect: () => Promise.reject(new Error('not used here')),
    clock: manualClock(),
    size: 1,
    maxWaiting: 1,
    onBroken: () => {},
  })
  const read = () =>
    reads.run(() => Promise.resolve(), never, 1_000).catch(() => order.push('read'))
  const end = Promise.withResolvers<void>()
  const paused = reads.pause(() => end.promise)
  const waiting = read()
  await Promise.resolve()
  expect(reads.load).toEqual({ running: 0, waiting: 0 })
  order.push('pause')
  end.resolve()
  await Promise.all([paused, waiting])
  expect(order).toEqual(['pause', 'read'])
  const running = read()
  await reads.pause(() => Promise.reject(new Error('a read runs')))
  await running
})
