/**
 * The Nexmark queries that the published rows are for. What is windowed or grouped runs on the operator;
 * filters, projections and the joins of tables that never close are plain code around it.
 */
import {
  type AggregateSpec,
  createWindowOperator,
  type WindowResult,
  type WindowSpec,
} from '../../src/index.ts'
import { batchOf, type Cell, type Row } from '../rows.ts'

type Record_ = Readonly<Record<string, string | number>>

export interface NexmarkRows {
  readonly people: readonly Record_[]
  readonly auctions: readonly Record_[]
  readonly bids: readonly Record_[]
}

type QueryRows = (rows: NexmarkRows) => Cell[][]

export const NEXMARK_QUERIES: Readonly<Record<string, QueryRows>> = {
  q0: ({ bids }) => bids.map((bid) => cells(bid, 'auction', 'bidder', 'price', 'date_time')),
  q1: ({ bids }) =>
    bids.map((bid) => [
      bid['auction'] ?? null,
      bid['bidder'] ?? null,
      Number(bid['price']) * 0.908,
      bid['date_time'] ?? null,
    ]),
  // The source names five auctions in place of every 123rd.
  q2: ({ bids }) =>
    bids
      .filter(({ auction }) => [1007, 1020, 2001, 2019, 2087].includes(Number(auction)))
      .map((bid) => cells(bid, 'auction', 'price')),
  q3: ({ people, auctions }) =>
    auctions
      .filter(({ category }) => category === 10)
      .flatMap((auction) =>
        people
          .filter(
            ({ id, state }) =>
              id === auction['seller'] && ['or', 'id', 'ca'].includes(String(state)),
          )
          .map((person) => [...cells(person, 'name', 'city', 'state'), auction['id'] ?? null]),
      ),
  q4: (rows) => {
    const category = new Map(rows.auctions.map(({ id, category: of }) => [id, String(of)]))
    const won = winningBids(rows).map(
      ({ auction, price }): Row => [0, category.get(auction) ?? null, Number(price)],
    )
    return run(won, ['category:dict', 'price:f64'], ['category'], { type: 'global' }, [
      { as: 'price', aggregate: 'mean', of: 'price' },
    ]).map(({ key, values }) => [String(key), values['price'] as number])
  },
  q5: ({ bids }) => {
    const counts = perAuction(bids, { type: 'hopping', size: '10s', slide: '2s' })
    return counts
      .filter(({ window, values }) => {
        const same = counts.filter((other) => other.window.end === window.end)
        return values['n'] === Math.max(...same.map((other) => Number(other.values['n'])))
      })
      .map(({ key, values }) => [Number(key), Number(values['n'])])
  },
  q7: ({ bids }) => {
    const highest = run(bidRows(bids), BID_FIELDS, [], { type: 'tumbling', size: '10s' }, [
      { as: 'price', aggregate: 'max', of: 'price' },
    ])
    return highest.flatMap(({ window, values }) =>
      bids
        .filter(
          ({ time, price }) =>
            Number(time) >= window.start && Number(time) < window.end && price === values['price'],
        )
        .map((bid) => cells(bid, 'auction', 'price', 'bidder', 'date_time')),
    )
  },
  q8: ({ people, auctions }) => {
    const tumbling: WindowSpec = { type: 'tumbling', size: '10s' }
    const count = [{ as: 'n', aggregate: 'count' }]
    const joined = run(
      people.map(({ time, id }): Row => [Number(time), Number(id)]),
      ['id:f64'],
      ['id'],
      tumbling,
      count,
    )
    const selling = run(
      auctions.map(({ time, seller }): Row => [Number(time), Number(seller)]),
      ['id:f64'],
      ['id'],
      tumbling,
      count,
    )
    return joined
      .filter(({ key, window }) =>
        selling.some((other) => other.key === key && other.window.start === window.start),
      )
      .map(({ key }) => [Number(key)])
  },
  q9: (rows) => {
    const auctions = new Map(rows.auctions.map((auction) => [auction['id'], auction]))
    return winningBids(rows).map((bid) => [
      ...cells(
        auctions.get(bid['auction'] ?? '') ?? {},
        'id',
        'item_name',
        'description',
        'initial_bid',
        'reserve',
        'date_time',
        'expires',
        'seller',
        'category',
      ),
      ...cells(bid, 'auction', 'bidder', 'price', 'date_time'),
    ])
  },
  q15: ({ bids }) => inBands(bids),
  q17: ({ bids }) => {
    const prices = run(bidRows(bids), BID_FIELDS, ['auction'], { type: 'calendar', step: '1d' }, [
      { as: 'n', aggregate: 'count' },
      { as: 'min', aggregate: 'min', of: 'price' },
      { as: 'max', aggregate: 'max', of: 'price' },
      { as: 'mean', aggregate: 'mean', of: 'price' },
      { as: 'sum', aggregate: 'sum', of: 'price' },
      ...['low', 'middle', 'high'].map((band) => ({ as: band, aggregate: 'sum', of: band })),
    ])
    return prices.map(({ key, window, values }) => [
      Number(key),
      new Date(window.start).toISOString().slice(0, 10),
      ...['n', 'low', 'middle', 'high', 'min', 'max', 'mean', 'sum'].map((name) =>
        Number(values[name]),
      ),
    ])
  },
  q101: ({ auctions, bids }) => {
    const highest = new Map(
      run(bidRows(bids), BID_FIELDS, ['auction'], { type: 'global' }, [
        { as: 'price', aggregate: 'max', of: 'price' },
      ]).map(({ key, values }) => [key, Number(values['price'])]),
    )
    return auctions.map((auction) => [
      ...cells(auction, 'id', 'item_name'),
      highest.get(Number(auction['id'])) ?? null,
    ])
  },
  q102: ({ auctions, bids }) => {
    const counts = perAuction(bids, { type: 'global' })
    const mean = Math.floor(bids.length / counts.length)
    return counts
      .filter(({ values }) => Number(values['n']) >= mean)
      .map(({ key, values }) => [Number(key), nameOf(auctions, Number(key)), Number(values['n'])])
  },
  q104: ({ auctions, bids }) => {
    const few = perAuction(bids, { type: 'global' })
      .filter(({ values }) => Number(values['n']) < 20)
      .map(({ key }) => key)
    return auctions
      .filter(({ id }) => !few.includes(Number(id)))
      .map((auction) => cells(auction, 'id', 'item_name'))
  },
  q106: (rows) => {
    const least = run(
      winningBids(rows).map(({ price }): Row => [0, Number(price)]),
      ['price:f64'],
      [],
      { type: 'global' },
      [{ as: 'price', aggregate: 'min', of: 'price' }],
    )
    return least.map(({ values }) => [Number(values['price'])])
  },
}

function cells(row: Record_, ...names: readonly string[]): Cell[] {
  return names.map((name) => row[name] ?? null)
}

const BID_FIELDS = ['auction:f64', 'bidder:f64', 'price:f64', 'low:f64', 'middle:f64', 'high:f64']

/** With a column per price band, 1 where the bid is in it. */
function bidRows(bids: readonly Record_[]): Row[] {
  return bids.map(({ time, auction, bidder, price }) => {
    const band = bandOf(Number(price))
    const flags = [0, 1, 2].map((one) => (one === band ? 1 : 0))
    return [Number(time), Number(auction), Number(bidder), Number(price), ...flags]
  })
}

function bandOf(price: number): number {
  return price < 10_000 ? 0 : price < 1_000_000 ? 1 : 2
}

function run(
  rows: readonly Row[],
  fields: readonly string[],
  keys: readonly string[],
  window: WindowSpec,
  aggregates: readonly AggregateSpec[],
): WindowResult[] {
  const operator = createWindowOperator({ keys, windowing: { window }, aggregates })
  operator.push(batchOf(rows, fields))
  operator.end()
  return operator.takeResults()
}

function perAuction(bids: readonly Record_[], window: WindowSpec): WindowResult[] {
  return run(bidRows(bids), BID_FIELDS, ['auction'], window, [{ as: 'n', aggregate: 'count' }])
}

function nameOf(auctions: readonly Record_[], wanted: number): Cell {
  return auctions.find(({ id }) => id === wanted)?.['item_name'] ?? null
}

/** Of every auction the highest bid between its start and its end, of equal ones the earliest. */
function winningBids({ auctions, bids }: NexmarkRows): Record_[] {
  return auctions.flatMap((auction) => {
    const ends = Date.parse(`${String(auction['expires'])}Z`)
    const valid = bids
      .filter(
        ({ auction: of, time }) =>
          of === auction['id'] && Number(time) >= Number(auction['time']) && Number(time) <= ends,
      )
      .toSorted(
        (a, b) => Number(b['price']) - Number(a['price']) || Number(a['time']) - Number(b['time']),
      )
    return valid.slice(0, 1)
  })
}

/** Bids by day: how many, in each band, and how many distinct bidders and auctions in all and in each band. */
function inBands(bids: readonly Record_[]): Cell[][] {
  const days = new Map<number, Map<string, number>>()
  for (const [i, name] of BANDS.entries()) {
    const own = bids.filter(({ price }) => i === 0 || bandOf(Number(price)) === i - 1)
    const counted = run(bidRows(own), BID_FIELDS, [], { type: 'calendar', step: '1d' }, [
      { as: 'n', aggregate: 'count' },
      { as: 'bidders', aggregate: 'distinct', of: 'bidder' },
      { as: 'auctions', aggregate: 'distinct', of: 'auction' },
    ])
    for (const { window, values } of counted) {
      const day = days.get(window.start) ?? new Map<string, number>()
      for (const what of COUNTED) day.set(`${what} ${name}`, Number(values[what]))
      days.set(window.start, day)
    }
  }
  return [...days].map(([start, day]) => [
    new Date(start).toISOString().slice(0, 10),
    ...COUNTED.flatMap((what) => BANDS.map((name) => day.get(`${what} ${name}`) ?? 0)),
  ])
}

const BANDS = ['all', 'low', 'middle', 'high']
const COUNTED = ['n', 'bidders', 'auctions']
