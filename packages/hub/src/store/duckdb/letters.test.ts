import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { REJECT_COLUMNS } from '@llmhub/schema'
import { BatchBuilder, encodeBatch } from '@llmhub/stream'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { systemClock } from '../../core/clock.ts'
import { allProjects, projectScope } from '../../core/scope.ts'
import { BACKFILL, LIVE, type LogRecord } from '../../log/log.ts'
import { encodeOperation } from '../../log/operation.ts'
import type {
  Letter,
  LetterFilter,
  LetterPlace,
  LettersAnswer,
  LettersQuestion,
} from '../letters.ts'
import { applyOf } from '../sample-records.ts'
import { DuckDbStore } from './duckdb-store.ts'

/** The store's answers about letters against a list in memory. */

const START = Date.parse('2026-11-20T00:00:00Z') * 1000
const CODES = ['missing_field', 'wrong_type', 'bad_time']

type Kept = Omit<Letter, 'body' | 'bodyForm' | 'resolvedAt'>

/** Letters of both partitions; several share a time, some ids hold what SQL might stumble over. */
const KEPT: readonly Kept[] = Array.from({ length: 60 }, (_, n) => ({
  partition: n % 3 === 0 ? BACKFILL : LIVE,
  offset: BigInt(Math.floor(n / 20)),
  index: 0,
  receivedAt: START + Math.floor(n / 4) * 60_000_000,
  project: n % 5 === 0 ? 'b' : 'a',
  rejectId: `letter-${n}`,
  receiver: n % 7 === 0 ? 'import' : 'http',
  eventId: n % 4 === 0 ? null : `event'${n % 10}`,
  code: CODES[n % 3] ?? '',
  path: '/payload/model_id',
  message: `Message ${n} 100% _`,
  status: 'open',
  replayedAs: null,
}))

function recordsOf(partition: number): { records: LogRecord[]; letters: Kept[] } {
  const letters: Kept[] = []
  const own = KEPT.filter((letter) => letter.partition === partition)
  const byOffset = Map.groupBy(own, ({ offset }) => offset)
  const records = [...byOffset].map(([offset, batch]): LogRecord => {
    const builder = new BatchBuilder(REJECT_COLUMNS)
    for (const letter of batch) {
      const row = builder.addRow()
      builder.dict('project').set(row, letter.project)
      builder.text('reject_id').set(row, letter.rejectId)
      builder.int64('received_at').set(row, letter.receivedAt)
      builder.dict('receiver').set(row, letter.receiver)
      if (letter.eventId !== null) builder.text('event_id').set(row, letter.eventId)
      builder.dict('code').set(row, letter.code)
      builder.text('path').set(row, letter.path)
      builder.text('message').set(row, letter.message)
      builder.text('body').set(row, `{"n":${letter.rejectId.slice(7)}}`)
      builder.dict('body_form').set(row, 'event')
      letters.push({ ...letter, index: row })
    }
    return { kind: 'rejects', partition, offset, payload: encodeBatch(builder.finish()) }
  })
  return { records, letters }
}

describe('letters', () => {
  const signal = new AbortController().signal
  let dir: string
  let store: DuckDbStore
  let all: Kept[] = []

  const ask = async (question: LettersQuestion, project: string | null): Promise<LettersAnswer> => {
    const scope = project === null ? allProjects() : projectScope(project)
    const outcome = await store.letters(question, scope, signal)
    if (!outcome.ok) throw new Error(outcome.message)
    return outcome.answer
  }

  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'duckdb-letters-'))
    const opening = await DuckDbStore.open({
      path: join(dir, 'store.duckdb'),
      wal: false,
      clock: systemClock,
      incarnation: 'a',
      answer: () => Promise.reject(new Error('not used here')),
    })
    if (!opening.ok) throw new Error(opening.reason)
    store = opening.store
    const live = recordsOf(LIVE)
    const backfill = recordsOf(BACKFILL)
    await store.apply(applyOf(live.records))
    await store.apply(applyOf(backfill.records))
    const cut = await store.applied()
    const head = { id: 'o', at: START + 7, by: null, cut, op: 'resolve' } as const
    const named = (n: number) => ({ project: n % 5 === 0 ? 'b' : 'a', rejectId: `letter-${n}` })
    const operations = [
      encodeOperation({
        ...head,
        as: 'dismissed',
        letters: [1, 2, 3].map((n) => ({ ...named(n), eventId: null })),
      }),
      encodeOperation({
        ...head,
        as: 'replayed',
        letters: [3, 4].map((n) => ({ ...named(n), eventId: `e${n}` })),
      }),
      // A letter of this id is another project's: nothing is said of it.
      encodeOperation({
        ...head,
        as: 'dismissed',
        letters: [{ project: 'b', rejectId: 'letter-6', eventId: null }],
      }),
    ]
    const next = cut.get(LIVE) ?? 0n
    await store.apply(
      applyOf(
        operations.map((payload, i) => ({
          kind: 'operation',
          partition: LIVE,
          offset: next + BigInt(i),
          payload,
        })),
      ),
    )
    const status = new Map<string, Pick<Kept, 'status' | 'replayedAs'>>([
      ['letter-1', { status: 'dismissed', replayedAs: null }],
      ['letter-2', { status: 'dismissed', replayedAs: null }],
      ['letter-3', { status: 'replayed', replayedAs: 'e3' }],
      ['letter-4', { status: 'replayed', replayedAs: 'e4' }],
    ])
    all = [...live.letters, ...backfill.letters]
      .map((letter) => ({ ...letter, ...status.get(letter.rejectId) }))
      .toSorted(
        (a, b) =>
          b.receivedAt - a.receivedAt ||
          b.partition - a.partition ||
          Number(b.offset - a.offset) ||
          b.index - a.index,
      )
  })

  afterAll(async () => {
    await store.close()
    await rm(dir, { recursive: true, force: true })
  })

  const passes = (letter: Kept, filter: LetterFilter, project: string | null): boolean =>
    (project === null || letter.project === project) &&
    (filter.ids?.includes(letter.rejectId) ?? true) &&
    (filter.codes?.includes(letter.code) ?? true) &&
    (filter.status === undefined || filter.status === letter.status) &&
    (filter.receiver === undefined || filter.receiver === letter.receiver) &&
    (filter.eventId === undefined || filter.eventId === letter.eventId) &&
    (filter.text === undefined ||
      letter.message.toLowerCase().includes(filter.text.toLowerCase()) ||
      `{"n":${letter.rejectId.slice(7)}}`.includes(filter.text)) &&
    letter.receivedAt >= (filter.from ?? 0) &&
    letter.receivedAt < (filter.to ?? Number.MAX_SAFE_INTEGER)

  const filter: fc.Arbitrary<LetterFilter> = fc.record(
    {
      ids: fc.array(
        fc.nat(70).map((n) => `letter-${n}`),
        { maxLength: 30 },
      ),
      codes: fc.uniqueArray(fc.constantFrom(...CODES, 'expired'), { maxLength: 3 }),
      status: fc.constantFrom('open', 'replayed', 'dismissed'),
      receiver: fc.constantFrom('http', 'import', "x' OR 1=1 --"),
      eventId: fc.constantFrom("event'1", 'event', '%'),
      text: fc.constantFrom('MESSAGE 1', '%', '_', '{"n":5', '$1', 'nothing'),
      from: fc.nat(16).map((n) => START + n * 60_000_000),
      to: fc.nat(16).map((n) => START + n * 60_000_000),
    },
    { requiredKeys: [] },
  )

  it('are those that pass the filter, page by page newest first, and counted by code', async () => {
    const project = fc.constantFrom(null, 'a', 'b', 'none')
    await fc.assert(
      fc.asyncProperty(
        filter,
        project,
        fc.integer({ min: 1, max: 70 }),
        async (chosen, scope, limit) => {
          const expected = all.filter((letter) => passes(letter, chosen, scope))
          const found: Letter[] = []
          let before: LetterPlace | null = null
          for (;;) {
            const question = { type: 'list', filter: chosen, before, limit, bodies: false } as const
            const { letters }: LettersAnswer = await ask(question, scope)
            found.push(...letters)
            before = letters.at(-1) ?? null
            if (letters.length < limit) break
          }
          expect(found).toMatchObject(expected)
          const { counts } = await ask({ type: 'count', filter: chosen }, scope)
          const sums = Map.groupBy(expected, ({ code, status }) => `${code} ${status}`)
          expect(
            new Map(counts.map((each) => [`${each.code} ${each.status}`, each.count])),
          ).toEqual(new Map([...sums].map(([name, group]) => [name, group.length])))
        },
      ),
      { numRuns: 40 },
    )
  })

  it('come with their bodies only when asked', async () => {
    const one = { type: 'list', filter: { ids: ['letter-7'] }, before: null, limit: 1 } as const
    expect((await ask({ ...one, bodies: true }, 'a')).letters[0]?.body).toBe('{"n":7}')
    expect((await ask({ ...one, bodies: false }, 'a')).letters[0]?.body).toBeNull()
    expect((await ask({ ...one, bodies: true }, 'b')).letters).toEqual([])
  })

  it('are counted by bucket, code, receiver and project', async () => {
    const edges = [0, 300, 600, 1000].map((s) => START + s * 1_000_000)
    const from = START + 60_000_000
    const to = START + 900_000_000
    const question = { type: 'rates', filter: {}, from, to, edges, maxRows: 1000 } as const
    const { rejected, takenIn } = await ask(question, null)
    const bucketOf = (time: number): number => edges.findLastIndex((edge) => edge <= time)
    const groups = Map.groupBy(
      all.filter((letter) => letter.receivedAt >= from && letter.receivedAt < to),
      ({ receivedAt, project, receiver, code }) =>
        `${bucketOf(receivedAt)} ${project} ${receiver} ${code}`,
    )
    expect(
      new Map(rejected.map((r) => [`${r.bucket} ${r.project} ${r.receiver} ${r.code}`, r.count])),
    ).toEqual(new Map([...groups].map(([name, group]) => [name, group.length])))
    expect(takenIn).toEqual([])
  })

  it('have an oldest one in each project', async () => {
    const first = (project: string): number =>
      Math.min(...all.filter((letter) => letter.project === project).map((each) => each.receivedAt))
    const { oldest } = await ask({ type: 'oldest' }, null)
    expect(oldest).toEqual(['a', 'b'].map((project) => ({ project, receivedAt: first(project) })))
  })
})
