import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { IntakeHarness, LIMITS, type LoggedRow } from '../../test/intake-fixture.ts'
import type { IntakeOutcome } from '../core/intake.ts'
import { CALL_KINDS } from './call-row.ts'

/** What a test sends; `variant` is the content, so that one id may come with different contents. */
interface Sent {
  readonly id: number
  readonly variant: number
  readonly invalid: boolean
}

interface Request {
  readonly project: string
  readonly partition: number
  readonly events: readonly Sent[]
}

type Step =
  | { readonly do: 'send'; readonly request: Request }
  | { readonly do: 'hold' | 'release' | 'commit' | 'fail' | 'turn' | 'restart' }
  | { readonly do: 'crash'; readonly durable: number }

const sent: fc.Arbitrary<Sent> = fc.record({
  id: fc.nat(30),
  variant: fc.oneof(
    { weight: 8, arbitrary: fc.constant(0) },
    { weight: 1, arbitrary: fc.constant(1) },
  ),
  invalid: fc.oneof(
    { weight: 9, arbitrary: fc.constant(false) },
    { weight: 1, arbitrary: fc.constant(true) },
  ),
})

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({
      do: fc.constant('send' as const),
      request: fc.record({
        project: fc.constantFrom('p', 'q'),
        partition: fc.constantFrom(0, 0, 1),
        events: fc.array(sent, { maxLength: 6 }),
      }),
    }),
  },
  {
    weight: 10,
    arbitrary: fc.record({
      do: fc.constantFrom(
        ...(['hold', 'hold', 'release', 'commit', 'commit', 'fail', 'turn', 'restart'] as const),
      ),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('crash' as const), durable: fc.nat(3) }) },
)

const REQUESTS = ['r0', 'r1', 'r2', null]
const RESPONSES = ['a', null, null, 'b', null]

/** Everything but the environment, which is the variant, follows from the id. */
function wire({ id, variant, invalid }: Sent): unknown {
  return {
    common: { event_id: `e${id}`, timestamp: 1_763_700_000 + (id % 3), environment: `v${variant}` },
    payload: {
      type: CALL_KINDS[id % 4],
      model_id: invalid ? 7 : 'gpt-4o',
      total_latency_ms: 5,
      request_id: REQUESTS[id % REQUESTS.length],
      response_id: RESPONSES[id % RESPONSES.length],
    },
  }
}

interface Answered {
  readonly request: Request
  readonly outcome: IntakeOutcome
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

async function play(steps: readonly Step[]): Promise<{ hub: IntakeHarness; answered: Answered[] }> {
  const hub = new IntakeHarness({ limits: { ...LIMITS, maxGroupRows: 5 } })
  const answered: Answered[] = []
  await hub.start()
  for (const current of steps) {
    switch (current.do) {
      case 'send': {
        const { request } = current
        const { project, partition, events } = request
        void hub
          .send(events.map(wire), { project, partition })
          .then((outcome) => answered.push({ request, outcome }))
        break
      }
      case 'hold':
        hub.log.hold()
        break
      case 'release':
        hub.log.release()
        break
      case 'commit':
        hub.log.commit()
        break
      case 'fail':
        hub.log.fail('disk_full')
        break
      case 'turn':
        await turn()
        break
      case 'crash':
        await turn()
        await hub.ids.idle()
        await hub.calls.idle()
        hub.log.crash(current.durable)
        await hub.start()
        break
      case 'restart':
        hub.log.release()
        await turn()
        await hub.ids.close()
        await hub.calls.close()
        await hub.start()
        break
    }
  }
  hub.log.release()
  for (let i = 0; i < 20; i++) {
    await turn()
    hub.log.release()
  }
  return { hub, answered }
}

function keyOf(project: string | null, eventId: string | null): string {
  return `${project}/${eventId}`
}

function checkIds(rows: readonly LoggedRow[], answered: readonly Answered[]): void {
  const logged = new Map<string, LoggedRow>()
  for (const row of rows) {
    const key = keyOf(row.project, row.eventId)
    expect(logged.has(key), `${key} is twice in the log`).toBe(false)
    logged.set(key, row)
  }
  const acceptedBy = new Map<string, number>()
  for (const { request, outcome } of answered) {
    if (!outcome.ok) continue
    const { answer } = outcome
    expect(answer.accepted + answer.duplicates + answer.rejected).toBe(request.events.length)
    const listed = new Map(answer.results.map((result) => [result.index, result]))
    expect(answer.results.length).toBe(answer.duplicates + answer.rejected)
    for (const [i, event] of request.events.entries()) {
      const key = keyOf(request.project, `e${event.id}`)
      const result = listed.get(i)
      const hasContent = logged.get(key)?.environment === `v${event.variant}`
      // Accepted and duplicate are both a promise that the log has it, with this content.
      const expected = event.invalid ? 'wrong_type' : hasContent ? undefined : 'id_conflict'
      expect(result?.code, key).toBe(expected)
      if (result === undefined) acceptedBy.set(key, (acceptedBy.get(key) ?? 0) + 1)
    }
  }
  for (const [key, times] of acceptedBy) expect(times, `${key} was accepted`).toBe(1)
}

/** The definition of which rows are suppressed, over the rows of the log. */
function checkCalls(rows: readonly LoggedRow[]): void {
  const facts = rows.map((row) => {
    const id = Number(row.eventId?.slice(1))
    const hash = row.batch.columns.get('id_hi')
    return {
      row,
      rank: id % 4,
      time: id % 3,
      hash: hash?.type === 'i64' ? (hash.data[row.position.index] ?? 0n) : 0n,
      request: REQUESTS[id % REQUESTS.length] ?? null,
      response: RESPONSES[id % RESPONSES.length] ?? null,
    }
  })
  for (const a of facts) {
    const suppressed = facts.some((b) => {
      if (b === a || b.row.project !== a.row.project) return false
      const same =
        a.response !== null && b.response !== null
          ? a.response === b.response
          : a.request !== null && a.request === b.request
      if (!same) return false
      if (a.rank !== b.rank) return b.rank < a.rank
      return a.time === b.time ? b.hash < a.hash : b.time < a.time
    })
    expect(a.row.suppressed, `${a.row.project}/${a.row.eventId}`).toBe(suppressed)
  }
}

describe('intake', () => {
  it('holds its promises through failures, crashes and restarts', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 5, maxLength: 60, size: 'max' }),
        async (steps) => {
          const { hub, answered } = await play(steps)
          const { rows, rejects } = await hub.read()
          checkIds(rows, answered)
          checkCalls(rows)
          for (const reject of rejects) expect(['wrong_type', 'id_conflict']).toContain(reject.code)
          const { total, projects, pendingRows } = hub.stage.stats()
          expect(pendingRows).toBe(0)
          for (const counts of [total, ...projects.values()]) {
            expect(counts.received).toBe(counts.accepted + counts.duplicate + counts.rejected)
          }
        },
      ),
      { numRuns: 250 },
    )
  })
})
