import { describe, expect, it } from 'vitest'
import { eventsOf, NAIVE } from '../../../bench/stream/naive.ts'
import {
  AUCTION,
  BID,
  type NexmarkOptions,
  nexmarkBatches,
  PERSON,
} from '../../../bench/stream/nexmark-events.ts'
import { QUERIES } from '../../../bench/stream/queries.ts'

const OPTIONS: NexmarkOptions = {
  seed: 7,
  events: 20_000,
  rate: 400,
  batchRows: 512,
  disorder: 900,
}

describe('the generator', () => {
  it('gives persons, auctions and bids 1 : 3 : 46, the same for a seed', () => {
    const kinds = [0, 0, 0]
    for (const { kind } of nexmarkBatches(OPTIONS)) {
      for (const one of kind) kinds[one] = (kinds[one] ?? 0) + 1
    }
    expect([kinds[PERSON], kinds[AUCTION], kinds[BID]]).toEqual([400, 1_200, 18_400])
    const again = [...nexmarkBatches(OPTIONS)].map(({ price }) => price)
    expect([...nexmarkBatches(OPTIONS)].map(({ price }) => price)).toEqual(again)
    expect([...nexmarkBatches({ ...OPTIONS, seed: 8 })].map(({ price }) => price)).not.toEqual(
      again,
    )
  })

  it('gives half of the bids to hot auctions and three quarters to hot bidders, about', () => {
    let bids = 0
    let hotAuctions = 0
    let hotBidders = 0
    for (const { kind, id, who } of nexmarkBatches({ ...OPTIONS, events: 100_000 })) {
      for (let row = 0; row < kind.length; row++) {
        if (kind[row] !== BID) continue
        bids++
        if (((id[row] ?? 0) - 1000) % 100 === 0) hotAuctions++
        if (((who[row] ?? 0) - 1000) % 100 === 1) hotBidders++
      }
    }
    expect(hotAuctions / bids).toBeGreaterThan(0.49)
    expect(hotAuctions / bids).toBeLessThan(0.52)
    expect(hotBidders / bids).toBeGreaterThan(0.74)
    expect(hotBidders / bids).toBeLessThan(0.77)
  })
})

describe.each(Object.keys(QUERIES))('%s', (name) => {
  it.each([0, 900, 4_000])('is the naive program’s answer with %i ms of disorder', (disorder) => {
    const rows: string[] = []
    const sink = {
      rows: 0,
      row: (...cells: readonly (number | string)[]): void => {
        rows.push(cells.join())
      },
    }
    const query = QUERIES[name]?.(sink)
    const naive = NAIVE[name]?.()
    let greatest = Number.NEGATIVE_INFINITY
    for (const batch of nexmarkBatches({ ...OPTIONS, disorder })) {
      for (const time of batch.time) greatest = Math.max(greatest, time)
      query?.add(batch, greatest - disorder)
      naive?.add(eventsOf(batch), greatest - disorder)
    }
    expect(rows.length).toBeGreaterThan(0)
    expect(sink.rows).toBe(rows.length)
    expect(rows.toSorted()).toEqual(naive?.take().toSorted())
  })
})
