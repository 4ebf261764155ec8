/** Queries of the Nexmark benchmark on the engine, fed with column batches. */
import { createWindowOperator, type WindowOperator, type WindowResult } from '@llmhub/stream'
import { AUCTION, BID, type NexmarkBatch, PERSON, rowsOfKind } from './nexmark-events.ts'

/** What goes out: the sink of a measurement counts, that of a test keeps rows as text. */
export interface Sink {
  rows: number
  /** Told every row as cells, where set. */
  row: ((...cells: readonly (number | string)[]) => void) | null
}

export interface Query {
  /** Takes a batch, then the watermark behind it. */
  add(batch: NexmarkBatch, watermark: number): void
  /** Memory of the state and how many windows or slices hold it. */
  state(): { readonly bytes: number; readonly open: number }
}

export const QUERIES: Readonly<Record<string, (sink: Sink) => Query>> = {
  q0: passThrough,
  q1: inEuros,
  q2: someAuctions,
  q5: hotAuctions,
  q7: highestBids,
  q8: newSellers,
  q11: (sink) => bidsPer(sink, { type: 'session', gap: '10s' }),
  q12: (sink) => bidsPer(sink, { type: 'tumbling', size: '10s' }),
}

const NO_STATE = { bytes: 0, open: 0 }

/** Bids as they are: the columns of the output are filled as a sink would. */
function passThrough(sink: Sink): Query {
  return perBid(sink, (price) => price)
}

function inEuros(sink: Sink): Query {
  return perBid(sink, (price) => price * 0.908)
}

function perBid(sink: Sink, convert: (price: number) => number): Query {
  const rows = new Int32Array(65_536)
  const out = {
    id: new Int32Array(65_536),
    who: new Int32Array(65_536),
    price: new Float64Array(65_536),
    time: new Float64Array(65_536),
  }
  return {
    add(columns) {
      const bids = rowsOfKind(columns, BID, rows)
      const { id, who, price, time } = columns
      for (let i = 0; i < bids.length; i++) {
        const row = bids[i] ?? 0
        out.id[i] = id[row] ?? 0
        out.who[i] = who[row] ?? 0
        out.price[i] = convert(price[row] ?? 0)
        out.time[i] = time[row] ?? 0
      }
      sink.rows += bids.length
      for (let i = 0; sink.row !== null && i < bids.length; i++) {
        sink.row(out.id[i] ?? 0, out.who[i] ?? 0, out.price[i] ?? 0, out.time[i] ?? 0)
      }
    },
    state: () => NO_STATE,
  }
}

function someAuctions(sink: Sink): Query {
  return {
    add({ kind, id, price }) {
      for (let row = 0; row < kind.length; row++) {
        const auction = id[row] ?? 0
        if (kind[row] !== BID || auction % 123 !== 0) continue
        sink.rows++
        sink.row?.(auction, price[row] ?? 0)
      }
    },
    state: () => NO_STATE,
  }
}

/** Takes what an operator gives behind a watermark. */
function take(operator: WindowOperator, watermark: number): WindowResult[] {
  operator.watermark(watermark)
  return operator.takeResults()
}

function stateOf(operator: WindowOperator): { bytes: number; open: number } {
  const { bytes, open } = operator.statistics()
  return { bytes, open }
}

function hotAuctions(sink: Sink): Query {
  const rows = new Int32Array(65_536)
  const operator = createWindowOperator({
    keys: ['id'],
    windowing: { window: { type: 'hopping', size: '10s', slide: '2s' } },
    aggregates: [{ as: 'bids', aggregate: 'count' }],
  })
  return {
    add(columns, watermark) {
      operator.push(columns.batch, rowsOfKind(columns, BID, rows))
      const most = new Map<number, { count: number; auctions: number[] }>()
      for (const { key, window, values } of take(operator, watermark)) {
        const count = Number(values['bids'])
        const best = most.get(window.end)
        if (best === undefined || count > best.count) {
          most.set(window.end, { count, auctions: [Number(key)] })
        } else if (count === best.count) best.auctions.push(Number(key))
      }
      for (const [end, { count, auctions }] of most) {
        for (const auction of auctions) {
          sink.rows++
          sink.row?.(auction, end, count)
        }
      }
    },
    state: () => stateOf(operator),
  }
}

function highestBids(sink: Sink): Query {
  const rows = new Int32Array(65_536)
  const operator = createWindowOperator({
    windowing: { window: { type: 'tumbling', size: '10s' } },
    aggregates: [
      { as: 'price', aggregate: 'max', of: 'price' },
      { as: 'auction', aggregate: 'arg_max', of: 'id', by: 'price' },
    ],
  })
  return {
    add(columns, watermark) {
      operator.push(columns.batch, rowsOfKind(columns, BID, rows))
      for (const { window, values } of take(operator, watermark)) {
        sink.rows++
        sink.row?.(window.end, Number(values['auction']), Number(values['price']))
      }
    },
    state: () => stateOf(operator),
  }
}

/** Two operators with the same windows, one keyed by person and one by seller, meet where both have a row. */
function newSellers(sink: Sink): Query {
  const rows = new Int32Array(65_536)
  const window = { window: { type: 'tumbling', size: '10s' } } as const
  const aggregates = [{ as: 'n', aggregate: 'count' }]
  const people = createWindowOperator({ keys: ['id'], windowing: window, aggregates })
  const sellers = createWindowOperator({ keys: ['who'], windowing: window, aggregates })
  return {
    add(columns, watermark) {
      people.push(columns.batch, rowsOfKind(columns, PERSON, rows).slice())
      sellers.push(columns.batch, rowsOfKind(columns, AUCTION, rows))
      const joined = take(people, watermark)
      const sold = take(sellers, watermark)
      if (joined.length === 0) return
      const selling = new Map<number, Set<unknown>>()
      for (const {
        key,
        window: { end },
      } of sold) {
        const keys = selling.get(end)
        if (keys === undefined) selling.set(end, new Set([key]))
        else keys.add(key)
      }
      for (const {
        key,
        window: { end },
      } of joined) {
        if (!selling.get(end)?.has(key)) continue
        sink.rows++
        sink.row?.(Number(key), end)
      }
    },
    state: () => {
      const [a, b] = [stateOf(people), stateOf(sellers)]
      return { bytes: a.bytes + b.bytes, open: a.open + b.open }
    },
  }
}

function bidsPer(
  sink: Sink,
  window: { type: 'session'; gap: string } | { type: 'tumbling'; size: string },
): Query {
  const rows = new Int32Array(65_536)
  const operator = createWindowOperator({
    keys: ['who'],
    windowing: { window },
    aggregates: [{ as: 'bids', aggregate: 'count' }],
  })
  return {
    add(columns, watermark) {
      operator.push(columns.batch, rowsOfKind(columns, BID, rows))
      for (const result of take(operator, watermark)) {
        sink.rows++
        if (sink.row === null) continue
        const { start, end } = result.window
        const bids = Number(result.values['bids'])
        if (window.type === 'session') sink.row(String(result.key), start, end, bids)
        else sink.row(Number(result.key), end, bids)
      }
    },
    state: () => stateOf(operator),
  }
}
