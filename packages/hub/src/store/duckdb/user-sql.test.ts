import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { BENIGN } from './benign-sql.fixture.ts'
import { HOSTILE } from './hostile-sql.fixture.ts'
import { openSqlStore, type SqlStore } from './user-sql.fixture.ts'

let sql: SqlStore

beforeAll(async () => {
  sql = await openSqlStore()
})

afterAll(() => sql.close())

describe('statements that must not run', () => {
  it('are many', () => {
    expect(Object.values(HOSTILE).flat().length).toBeGreaterThan(200)
    expect(BENIGN.length).toBeGreaterThan(80)
  })

  it.each(Object.entries(HOSTILE))('%s', async (_what, statements) => {
    const before = await sql.rows('SELECT count(*) FROM events')
    const ran: string[] = []
    for (const statement of statements) {
      const outcome = await sql.ask(statement)
      if (outcome.ok || outcome.failure !== 'invalid' || outcome.message === '') {
        ran.push(`${statement.slice(0, 200)} => ${JSON.stringify(outcome).slice(0, 300)}`)
      }
    }
    expect(ran).toEqual([])
    expect(await sql.rows('SELECT count(*) FROM events')).toEqual(before)
    expect(sql.store.broken).toBeNull()
  })
})

describe('statements as analysts write them', () => {
  it('run', async () => {
    const failed: string[] = []
    for (const statement of BENIGN) {
      const outcome = await sql.ask(statement)
      if (!outcome.ok) failed.push(`${statement} => ${JSON.stringify(outcome)}`)
    }
    expect(failed).toEqual([])
  })

  it('take values, which are never read as SQL', async () => {
    const evil = "x'; DROP TABLE main.event_rows; --"
    expect(await sql.rows('SELECT $1, ? + 1', { parameters: { 1: evil, 2: 2 } })).toEqual([
      [evil, 3],
    ])
    expect(await sql.rows('SELECT $a, $b', { parameters: { a: null, b: true } })).toEqual([
      [null, true],
    ])
    expect(await sql.ask('SELECT $a')).toMatchObject({
      failure: 'invalid',
      message: 'no value was given for $a',
    })
    expect(await sql.ask('SELECT 1', { parameters: { x: 1 } })).toMatchObject({
      failure: 'invalid',
      message: 'the statement has no parameter $x',
    })
  })

  it('answer every type as JSON can carry it', async () => {
    expect(
      await sql.rows(`SELECT 0.10::DECIMAL(9, 4), 9007199254740993, 170141183460469231731687303715884105727::HUGEINT,
        TIMESTAMP '2026-11-02 00:00:00.5', DATE '2026-11-02', INTERVAL 1 DAY, 'nan'::DOUBLE, [1, NULL], {'a': 'b'},
        MAP {1: 'x'}, '550e8400-e29b-41d4-a716-446655440000'::UUID, NULL, 'ab'::BLOB, 1.5::FLOAT, 100::DECIMAL(9, 2)`),
    ).toEqual([
      [
        '0.1',
        '9007199254740993',
        '170141183460469231731687303715884105727',
        '2026-11-02T00:00:00.500000Z',
        '2026-11-02',
        '1 day',
        'NaN',
        [1, null],
        { a: 'b' },
        { '1': 'x' },
        '550e8400-e29b-41d4-a716-446655440000',
        null,
        'YWI=',
        1.5,
        '100',
      ],
    ])
    expect(await sql.ask('SELECT sum(cost_total) AS c, [1] FROM costs')).toMatchObject({
      columns: [
        { name: 'c', type: 'DECIMAL(38,12)' },
        { name: 'main.list_value(1)', type: 'INTEGER[]' },
      ],
    })
  })
})

describe('an answer', () => {
  it('is cut at its rows and bytes, and says so', async () => {
    const many = 'SELECT i FROM range(1000000000000) t(i)'
    expect(await sql.ask(many, { maxRows: 5 })).toMatchObject({
      truncated: true,
      rows: [[0], [1], [2], [3], [4]],
    })
    const five = await sql.ask('SELECT i FROM range(5) t(i)', { maxRows: 5 })
    expect(five).toMatchObject({ truncated: false })
    const wide = await sql.ask("SELECT repeat('x', 1000) FROM range(1000) t(i)", {
      maxBytes: 10_000,
    })
    expect(wide).toMatchObject({ truncated: true })
    expect(wide.ok && wide.rows.length).toBe(9)
    // The connection is as good as before.
    expect(await sql.rows('SELECT 1')).toEqual([[1]])
  })

  it('is never a part of the rows without saying so: not where a later row fails', async () => {
    const late =
      "SELECT i, CASE WHEN i > 290000 THEN 'x' ELSE '1' END::INTEGER FROM range(300000) t(i)"
    const unbounded = { maxRows: 10_000_000, maxBytes: 1e9 }
    expect(await sql.ask(late, unbounded)).toMatchObject({
      failure: 'invalid',
      message: "Could not convert string 'x' to INT32",
    })
    // Rows before those asked for are right.
    expect(await sql.ask(late, { maxRows: 2 })).toMatchObject({ truncated: true })
    expect(await sql.rows('SELECT 1')).toEqual([[1]])
  })

  it('holds what its position says', async () => {
    expect(await sql.ask('SELECT 1')).toMatchObject({ position: new Map([[0, 2n]]) })
  })
})

describe('a statement that goes too far', () => {
  const endless = 'SELECT count(*) FROM range(1000000000000) a, range(1000000) b'

  it('ends at its deadline, and when its author leaves', async () => {
    expect(await sql.ask(endless, { deadlineMs: 50 })).toMatchObject({ failure: 'timeout' })
    const leave = new AbortController()
    const asked = sql.ask(endless, {}, leave.signal)
    leave.abort()
    expect(await asked).toMatchObject({ failure: 'cancelled' })
  })

  it('waits for its turn, and is turned away when too many do', async () => {
    const leave = new AbortController()
    const asked = Array.from({ length: 10 }, () => sql.ask(endless, {}, leave.signal))
    expect(await sql.ask('SELECT 1')).toMatchObject({ failure: 'busy' })
    // Questions have connections of their own.
    const never = new AbortController().signal
    expect(await sql.store.run('SELECT 1', [], never)).toMatchObject({ ok: true })
    leave.abort()
    for (const each of await Promise.all(asked))
      expect(each).toMatchObject({ failure: 'cancelled' })
  })

  it.each([
    'SELECT list(i) FROM range(1000000000) t(i)',
    'SELECT count(DISTINCT hash(i)) FROM range(1000000000) t(i)',
    "WITH RECURSIVE t AS (SELECT 'xxxxxxxxxxxxxxxx' AS s UNION ALL SELECT s || s FROM t) SELECT max(length(s)) FROM t",
  ])('is stopped before others lack memory: %s', async (statement) => {
    const never = new AbortController().signal
    let running = true
    const questions = (async () => {
      const failed: unknown[] = []
      while (running) {
        const outcome = await sql.store.run(
          'SELECT count(DISTINCT user_id) FROM event_rows',
          [],
          never,
        )
        if (outcome.ok) continue
        failed.push(outcome)
        running = false
      }
      return failed
    })()
    const outcome = await sql.ask(statement)
    running = false
    expect(await questions).toEqual([])
    expect(outcome).toMatchObject({ failure: 'too_much_memory' })
  })
})

describe('an error', () => {
  it.each([
    ['SELECT modle FROM calls', 7, 'Did you mean model?'],
    ["SELECT 'ü☃𝄞', modle FROM calls", 15, 'Did you mean model?'],
    ['SELECT cuont(*) FROM calls', 7, 'Did you mean count?'],
    ['SELECT cals.model FROM calls', 7, 'Did you mean calls?'],
    ['SELECT 1 FROM cals', 14, 'Did you mean analytics.calls?'],
    ['SELECT 1 +', 10, ''],
    ['SELECT\n  sum(model) FROM calls', 9, ''],
  ])('%s says where and what may be meant', async (statement, at, hint) => {
    const outcome = await sql.ask(statement)
    if (outcome.ok || outcome.issue === undefined) throw new Error('it ran')
    expect(outcome.issue.at).toBe(at)
    expect(outcome.issue.hint ?? '').toContain(hint)
    expect(outcome.message).not.toMatch(/main\.|event_rows|dict_|\/|LINE 1/)
  })

  it('never makes the store doubt itself, whatever words it has', async () => {
    for (const word of ['checksum', 'corrupt', 'invalidated', 'FATAL Error', 'IO Error: x']) {
      expect(await sql.ask(`SELECT '${word}'::INTEGER`)).toMatchObject({ failure: 'invalid' })
      expect(await sql.ask(`SELECT "${word}" FROM calls`)).toMatchObject({ failure: 'invalid' })
    }
    expect(sql.store.broken).toBeNull()
  })
})
