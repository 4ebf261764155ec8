import { text } from 'node:stream/consumers'
import { expect, it } from 'vitest'
import { type SqlRows, sqlCsv, sqlJson, sqlLines } from './sql-answer.ts'

function answerOf(count: number): SqlRows {
  return {
    columns: [
      { name: 'n', type: 'BIGINT' },
      { name: 'n', type: 'VARCHAR[]' },
    ],
    rows: Array.from({ length: count }, (_, i) => [i, i % 3 === 0 ? null : [`é"${i}`, null]]),
  }
}

it.each([0, 1, 500, 501, 1700])('has %i rows in pieces as in one', async (count) => {
  const { columns, rows } = answerOf(count)
  const meta = { truncated: false }
  const json: unknown = JSON.parse(await text(sqlJson({ columns, rows }, meta)))
  expect(json).toEqual({ columns, rows, meta })
  const lines = (await text(sqlLines({ columns, rows }))).split('\n').slice(0, -1)
  expect(lines.map((line): unknown => JSON.parse(line))).toEqual(
    rows.map(([first, second]) => ({ n: first, n_2: second })),
  )
  const csv = (await text(sqlCsv({ columns, rows }))).split('\r\n').slice(1, -1)
  expect(csv).toHaveLength(count)
})

it('makes a piece only when the one before it was taken', async () => {
  const { columns, rows } = answerOf(100_000)
  let read = 0
  const counted = new Proxy(rows, {
    get(target, key, receiver): unknown {
      if (typeof key === 'string' && /^\d+$/.test(key)) read++
      return Reflect.get(target, key, receiver)
    },
  })
  const taken = sqlLines({ columns, rows: counted })
  await taken.next()
  expect(read).toBeLessThan(1000)
})
