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

it('runs no more than are allowed now, but does not let a long read hold up the others', async () => {
  const clock = manualClock()
  let allowed = 1
  const reads = new ReadPool({
    connect: () => Promise.resolve({ close: () => {} } as Connection),
    clock,
    size: 3,
    allowed: () => allowed,
    maxWaiting: 10,
    onBroken: () => {},
  })
  const ends: (() => void)[] = []
  const begin = () =>
    reads.run(
      () => new Promise<void>((resolve) => ends.push(resolve)),
      new AbortController().signal,
      60_000,
    )
  const all = Array.from({ length: 5 }, begin)
  await expect.poll(() => ends.length).toBe(1)
  expect(reads.load).toEqual({ running: 1, waiting: 4 })
  // The one that ends makes room for one.
  ends[0]?.()
  await expect.poll(() => ends.length).toBe(2)
  expect(reads.load).toEqual({ running: 1, waiting: 3 })
  clock.advance(999)
  expect(reads.load).toEqual({ running: 1, waiting: 3 })
  // The one that takes long makes room, too.
  clock.advance(1)
  expect(reads.load).toEqual({ running: 2, waiting: 2 })
  clock.advance(1_000)
  expect(reads.load).toEqual({ running: 3, waiting: 1 })
  // But never for more than there are connections.
  clock.advance(1_000)
  expect(reads.load).toEqual({ running: 3, waiting: 1 })
  allowed = 3
  await expect.poll(() => ends.length).toBe(4)
  ends[1]?.()
  await expect.poll(() => ends.length).toBe(5)
  for (const end of ends) end()
  await Promise.all(all)
  expect(reads.load).toEqual({ running: 0, waiting: 0 })
})
