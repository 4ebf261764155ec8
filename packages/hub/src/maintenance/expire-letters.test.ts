import { expect, it } from 'vitest'
import { manualClock } from '../../test/manual-clock.ts'
import { LIVE } from '../log/log.ts'
import { MemoryLog } from '../log/memory-log.fixture.ts'
import { decodeOperation, type Operation } from '../log/operation.ts'
import type { AskLetters } from '../store/letters.ts'
import { keepLettersExpiring } from './expire-letters.ts'
import { Maintenance } from './operations.ts'

const DAY_MS = 86_400_000

it('ends letters older than the days, by project, but not of those on hold', async () => {
  const clock = manualClock()
  const log = new MemoryLog()
  const start = clock.nowMicros()
  const oldest = [
    { project: 'held', receivedAt: start - 2 * DAY_MS * 1000 },
    { project: 'new', receivedAt: start },
    { project: 'old', receivedAt: start - 2 * DAY_MS * 1000 },
  ]
  const position = new Map([[LIVE, 7n]])
  const none = { letters: [], counts: [], rejected: [], takenIn: [] }
  const ask: AskLetters = () => Promise.resolve({ ok: true, answer: { ...none, oldest, position } })
  const errors: Error[] = []
  const maintenance = new Maintenance({
    log,
    scan: () => Promise.reject(new Error('not scanned here')),
    applied: () => Promise.resolve(position),
    waitFor: () => Promise.resolve(true),
    clock,
    newId: () => 'operation',
  })
  const stop = keepLettersExpiring(
    { clock, maintenance, ask, held: () => new Set(['held']), onError: (e) => errors.push(e) },
    1,
  )
  clock.advance(600_000)
  // An act of ours behind the one of the timer has its turn when that has ended.
  await maintenance.run(null, () => Promise.resolve())
  stop()
  clock.advance(600_000)
  await maintenance.stop()
  const operations: Operation[] = []
  for await (const { payload } of log.read(LIVE, 0n)) operations.push(decodeOperation(payload))
  expect(errors).toEqual([])
  expect(operations).toMatchObject([
    {
      op: 'retain',
      project: 'old',
      family: 'dead_letters',
      from: null,
      before: start + 600_000_000 - DAY_MS * 1000,
      cut: position,
    },
  ])
})
