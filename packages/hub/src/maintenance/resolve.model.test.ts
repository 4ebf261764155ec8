import { decodeBatch, numberAt, textAt } from '@llmhub/stream'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { IntakeHarness } from '../../test/intake-fixture.ts'
import type { Intake } from '../core/intake.ts'
import { allProjects } from '../core/scope.ts'
import { BACKFILL, LIVE, type Log } from '../log/log.ts'
import { decodeOperation } from '../log/operation.ts'
import type { AskLetters, Letter, LetterStatus, LettersAnswer } from '../store/letters.ts'
import { Maintenance } from './operations.ts'
import { NO_PATCH, type Patch } from './patch-event.ts'
import { createLetterActs, type LetterActs } from './resolve.ts'

/**
 * Replays of dead letters against the real intake, on a log that outlives the process. The process
 * dies at any step of a replay; whatever was done before, replaying until nothing is open leaves
 * every event once and every letter resolved.
 */

/** The letters of a log, as a store that has applied all of it would answer. */
function lettersOf(log: Pick<Log, 'read' | 'next'>): AskLetters {
  return async (question) => {
    if (question.type !== 'list') throw new Error('only lists are asked here')
    const letters: Letter[] = []
    const resolved = new Map<string, { status: LetterStatus; event: string | null }>()
    for (const partition of [LIVE, BACKFILL]) {
      for await (const { kind, payload, offset } of log.read(partition, 0n)) {
        if (kind === 'operation') {
          const operation = decodeOperation(payload)
          if (operation.op !== 'resolve') continue
          for (const { rejectId, eventId } of operation.letters) {
            resolved.set(rejectId, { status: operation.as, event: eventId })
          }
        }
        if (kind !== 'rejects') continue
        const batch = decodeBatch(payload)
        for (let index = 0; index < batch.rows; index++) {
          const text = (name: string): string | null => textAt(batch.columns.get(name), index)
          letters.push({
            partition,
            offset,
            index,
            receivedAt: numberAt(batch.columns.get('received_at'), index) ?? 0,
            project: text('project') ?? '',
            rejectId: text('reject_id') ?? '',
            receiver: text('receiver') ?? '',
            eventId: text('event_id'),
            code: text('code') ?? '',
            path: text('path') ?? '',
            message: text('message') ?? '',
            body: text('body'),
            bodyForm: text('body_form'),
            status: 'open',
            resolvedAt: null,
            replayedAs: null,
          })
        }
      }
    }
    const { filter, limit } = question
    const answer: LettersAnswer = {
      position: new Map([LIVE, BACKFILL].map((partition) => [partition, log.next(partition)])),
      letters: letters
        .map((letter) => {
          const known = resolved.get(letter.rejectId)
          if (known === undefined) return letter
          return { ...letter, status: known.status, replayedAs: known.event }
        })
        .filter(({ status }) => filter.status === undefined || status === filter.status)
        .filter(({ rejectId }) => filter.ids?.includes(rejectId) ?? true)
        .slice(0, limit),
      counts: [],
      rejected: [],
      takenIn: [],
      oldest: [],
    }
    return { ok: true, answer }
  }
}

class Killed extends Error {}

/** Where the process dies during a replay: at which of its steps, and whether that step was done. */
interface Death {
  readonly step: number
  readonly done: boolean
}

const never = new AbortController().signal

class World {
  readonly harness = new IntakeHarness()
  #steps = 0
  #death: Death | null = null

  async start(): Promise<this> {
    await this.harness.start()
    return this
  }

  async #step<T>(work: () => Promise<T>): Promise<T> {
    const death = this.#death
    const dies = death !== null && this.#steps++ === death.step
    if (dies && !death.done) throw new Killed()
    const value = await work()
    if (dies) throw new Killed()
    return value
  }

  acts(): LetterActs {
    const { log, clock, stage } = this.harness
    const intake: Intake = (request) => this.#step(() => stage.intake(request))
    return createLetterActs({
      ask: lettersOf(log),
      intake,
      maxEvents: 3,
      maintenance: new Maintenance({
        log: {
          append: (partition, entries) => this.#step(() => log.append(partition, entries)),
        },
        scan: () => Promise.reject(new Error('not scanned here')),
        applied: () => Promise.resolve(new Map()),
        waitFor: () => Promise.resolve(true),
        clock,
        newId: () => 'operation',
      }),
    })
  }

  /** Replays what is open; after a death the process starts again on the log that is left. */
  async replay(patch: Patch, death: Death | null): Promise<void> {
    this.#steps = 0
    this.#death = death
    const filter = { status: 'open' } as const
    const request = { filter, before: null, limit: 100, patch, dryRun: false }
    try {
      const outcome = await this.acts().replay(request, allProjects(), null, never)
      if (!outcome.ok) throw new Error(outcome.message)
    } catch (error) {
      if (!(error instanceof Killed)) throw error
      await this.harness.start()
    }
  }

  async letters(): Promise<readonly Letter[]> {
    const question = { type: 'list', filter: {}, before: null, limit: 1000, bodies: true } as const
    const outcome = await lettersOf(this.harness.log)(question, allProjects(), never)
    if (!outcome.ok) throw new Error(outcome.message)
    return outcome.answer.letters
  }
}

const WRONG = { '/payload/model_id': 'gpt-4o' }
/** Events with a wrong model; an id is shared, so that some are the same event twice. */
const event = fc.record({ id: fc.option(fc.nat(5)), latency: fc.nat(1) })
const death: fc.Arbitrary<Death | null> = fc.option(
  fc.record({ step: fc.nat(8), done: fc.boolean() }),
  { freq: 2 },
)

const sentEvent = ({ id, latency }: { id: number | null; latency: number }): unknown => ({
  common: { ...(id === null ? {} : { event_id: `e${id}` }), timestamp: '2026-11-21T11:59:00Z' },
  payload: { type: 'llm_request', model_id: 7, latency_ms: latency },
})

describe('replaying', () => {
  it('counts every event once, wherever it was killed', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(event, { minLength: 1, maxLength: 8 }),
        fc.array(death, { maxLength: 4 }),
        async (events, deaths) => {
          const world = await new World().start()
          await world.harness.send(events.map(sentEvent))
          for (const each of deaths) await world.replay({ set: WRONG, unset: [] }, each)
          await world.replay({ set: WRONG, unset: [] }, null)
          const { rows } = await world.harness.read()
          const ids = rows.map(({ eventId }) => eventId)
          expect(new Set(ids).size).toBe(ids.length)
          const letters = await world.letters()
          // No letter but those of the events sent: what is rejected still makes none.
          expect(letters).toHaveLength(events.length)
          const anonymous = events.filter(({ id }) => id === null).length
          const named = new Set(events.flatMap(({ id }) => (id === null ? [] : [id])))
          expect(ids).toHaveLength(anonymous + named.size)
          // Open are those alone whose id belongs to an event with other content.
          const open = letters.filter(({ status }) => status === 'open').map((each) => each.eventId)
          for (const id of open) expect(ids).toContain(id)
          for (const { status, replayedAs } of letters) {
            if (status === 'replayed') expect(ids).toContain(replayedAs)
          }
        },
      ),
      { numRuns: 150 },
    )
  })

  it('killed between event and resolution leaves an open letter, and again resolves it', async () => {
    const world = await new World().start()
    await world.harness.send([sentEvent({ id: null, latency: 1 })])
    // Steps: trial, intake, operation.
    await world.replay(
      { set: { ...WRONG, '/common/event_id': 'mine' }, unset: [] },
      { step: 2, done: false },
    )
    expect((await world.harness.read()).rows).toHaveLength(1)
    expect((await world.letters())[0]?.status).toBe('open')
    await world.replay({ set: { ...WRONG, '/common/event_id': 'mine' }, unset: [] }, null)
    expect((await world.harness.read()).rows).toHaveLength(1)
    expect((await world.letters())[0]).toMatchObject({ status: 'replayed', replayedAs: 'mine' })
  })

  it('goes in by backfill, as the receiver of the letter would have sent it', async () => {
    const world = await new World().start()
    await world.harness.send([sentEvent({ id: 1, latency: 1 })], {
      receiver: 'import',
      project: 'q',
    })
    await world.replay({ set: WRONG, unset: [] }, null)
    const { rows } = await world.harness.read()
    expect(rows).toMatchObject([{ project: 'q', eventId: 'e1', position: { partition: BACKFILL } }])
    expect(textAt(rows[0]?.batch.columns.get('receiver'), 0)).toBe('import')
  })

  it('of an event whose id came from an idempotency key keeps that id, and counts once', async () => {
    const world = await new World().start()
    const request = { idempotencyKey: 'k' }
    const wrong = sentEvent({ id: null, latency: 1 }) as { payload: object }
    await world.harness.send([wrong], request)
    await world.replay({ set: WRONG, unset: [] }, null)
    const right = { ...wrong, payload: { ...wrong.payload, model_id: 'gpt-4o' } }
    const again = await world.harness.send([right], request)
    expect(again).toMatchObject({ answer: { accepted: 0, results: [{ code: 'id_conflict' }] } })
  })

  it('tells of a trial what would become of each, and changes nothing', async () => {
    const world = await new World().start()
    await world.harness.send([sentEvent({ id: 1, latency: 1 }), sentEvent({ id: 2, latency: 1 })])
    const { harness } = world
    await harness.send([
      {
        ...(sentEvent({ id: 2, latency: 0 }) as object),
        payload: { type: 'llm_request', model_id: 'm' },
      },
    ])
    const before = (await harness.read()).kinds.length
    const request = { filter: {}, before: null, limit: 10, dryRun: true }
    const trial = async (patch: Patch): Promise<unknown> => {
      const outcome = await world.acts().replay({ ...request, patch }, allProjects(), null, never)
      return outcome.ok ? outcome.results.map(({ outcome: what, code }) => [what, code]) : outcome
    }
    expect(await trial(NO_PATCH)).toEqual([
      ['rejected', 'wrong_type'],
      ['rejected', 'wrong_type'],
    ])
    expect(await trial({ set: WRONG, unset: [] })).toEqual([
      ['accepted', undefined],
      ['rejected', 'id_conflict'],
    ])
    expect(await trial({ set: { '/payload/model_id/x': 1 }, unset: [] })).toEqual([
      ['invalid_patch', undefined],
      ['invalid_patch', undefined],
    ])
    expect((await harness.read()).kinds).toHaveLength(before)
  })
})
