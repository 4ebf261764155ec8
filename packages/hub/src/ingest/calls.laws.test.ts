import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { manualClock } from '../../test/manual-clock.ts'
import { CALL_VALUE_WORDS, type CallRow, emptyCallRow } from './call-row.ts'
import { CallKeyHasher, Calls } from './calls.ts'
import { hashKeyFrom } from './dedup/key-hash.ts'
import { KeyIndex } from './dedup/key-index.ts'
import { MemoryRunFiles } from './dedup/memory-run-files.fixture.ts'

interface Event {
  readonly rank: number
  readonly response: string | null
  readonly request: string | null
  readonly time: number
  readonly id: number
}

const RESPONSE_KEY = hashKeyFrom(new Uint8Array(16).fill(1))
const REQUEST_KEY = hashKeyFrom(new Uint8Array(16).fill(2))

const events = fc.uniqueArray(
  fc.record({
    rank: fc.nat(3),
    response: fc.option(fc.constantFrom('a', 'b', 'c')),
    request: fc.option(fc.constantFrom('x', 'y')),
    time: fc.constantFrom(0, 1, 5_000_000_000, -1),
    id: fc.integer({ min: -50, max: 50 }),
  }),
  { selector: (event) => event.id, maxLength: 12 },
)

function better(a: Event, b: Event): boolean {
  if (a.rank !== b.rank) return a.rank < b.rank
  if (a.time !== b.time) return a.time < b.time
  return a.id < b.id
}

function sameCall(a: Event, b: Event): boolean {
  if (a.response !== null && b.response !== null) return a.response === b.response
  return a.request !== null && a.request === b.request
}

/** The definition: suppressed when a better row reports the same call. */
function expected(all: readonly Event[]): number[] {
  return all
    .filter((event) => all.some((other) => sameCall(event, other) && better(other, event)))
    .map((event) => event.id)
    .sort((a, b) => a - b)
}

/** Enters the events in this order and answers the ids that end up suppressed. */
async function arrive(order: readonly Event[]): Promise<number[]> {
  const index = await KeyIndex.open({
    files: new MemoryRunFiles(),
    clock: manualClock(0),
    valueWords: CALL_VALUE_WORDS,
    horizonSeconds: 1e9,
    maxKeys: 1e9,
  })
  const calls = new Calls(index)
  const hasher = new CallKeyHasher()
  const keys = new Int32Array(8)
  const suppressed = new Set<number>()
  for (const event of order) {
    const named = hasher.hashIds(
      event.rank,
      'p',
      event.response ?? undefined,
      event.request ?? undefined,
      RESPONSE_KEY,
      REQUEST_KEY,
      keys,
      0,
    )
    if (!named) continue
    const row: CallRow = emptyCallRow()
    row.rank = event.rank
    row.hasResponse = hasher.keys.hasResponse
    row.timeLow = event.time | 0
    row.timeHigh = Math.floor(event.time / 0x1_0000_0000)
    row.idLow = 0
    row.idHigh = event.id
    row.index = event.id
    const second = calls.arrive(row, hasher.keys.hasRequest, keys, 0, [], (other) => {
      suppressed.add(other.index)
    })
    if (second) suppressed.add(event.id)
  }
  return [...suppressed].sort((a, b) => a - b)
}

describe('calls', () => {
  it('suppresses the rows that have a better one, in whatever order they arrive', async () => {
    await fc.assert(
      fc.asyncProperty(
        events.chain((all) =>
          fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length })),
        ),
        async ([all, order]) => {
          expect(await arrive(order)).toEqual(expected(all))
        },
      ),
      { numRuns: 1500 },
    )
  })

  it('counts exactly one row of a call', async () => {
    const call = events.map((all) =>
      all.map((event) => ({ ...event, response: null, request: 'x' })),
    )
    await fc.assert(
      fc.asyncProperty(call, async (all) => {
        const suppressed = await arrive(all)
        expect(all.length - suppressed.length).toBe(all.length === 0 ? 0 : 1)
      }),
    )
  })

  it('keeps a bucket small when one request id has very many answers', async () => {
    const retries = Array.from({ length: 40 }, (_, i) => ({
      rank: 1,
      response: `r${i}`,
      request: 'x',
      time: 0,
      id: i,
    }))
    expect(await arrive(retries)).toEqual([])
    const suppressed = await arrive([
      ...retries,
      { rank: 0, response: null, request: 'x', time: 0, id: 99 },
    ])
    expect(suppressed.length).toBe(8)
  })
})
