import { expect, it } from 'vitest'
import type { Clock } from '../core/clock.ts'
import { unlessStalled } from './unless-stalled.ts'

/** A clock whose timers end when the test says so. */
function heldTimers(): { clock: Clock; timers: Set<() => void> } {
  const timers = new Set<() => void>()
  const after = (_ms: number, run: () => void): (() => void) => {
    timers.add(run)
    return () => timers.delete(run)
  }
  return { timers, clock: { after } as unknown as Clock }
}

async function* chunks(left: () => void): AsyncGenerator<string> {
  try {
    for (let i = 0; i < 3; i++) yield `${i}`.repeat(100_000)
  } finally {
    left()
  }
}

it('breaks off when its reader takes nothing, and leaves its source', async () => {
  const { clock, timers } = heldTimers()
  let left = false
  const stream = unlessStalled(
    chunks(() => {
      left = true
    }),
    5000,
    clock,
  )
  const failed = new Promise<Error>((resolve) => {
    stream.once('error', resolve)
  })
  await new Promise<void>((resolve) => {
    stream.once('readable', () => resolve())
  })
  expect(timers.size).toBe(1)
  for (const run of timers) run()
  expect((await failed).message).toBe('the reader has taken nothing for 5 s')
  expect({ left, timers: timers.size }).toEqual({ left: true, timers: 0 })
})

it('gives everything to a reader who takes it, and holds no timer then', async () => {
  const { clock, timers } = heldTimers()
  let length = 0
  for await (const chunk of unlessStalled(
    chunks(() => {}),
    5000,
    clock,
  )) {
    length += (chunk as Buffer).length
  }
  expect({ length, timers: timers.size }).toEqual({ length: 300_000, timers: 0 })
})
