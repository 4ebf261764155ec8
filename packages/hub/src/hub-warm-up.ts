import type { Clock } from './core/clock.ts'
import type { Intake, IntakeOutcome } from './core/intake.ts'
import { LIVE } from './log/log.ts'
import { type DecodeLimits, decodeJson } from './receivers/http/decode.ts'

export interface WarmUpParts {
  readonly intake: Intake
  readonly limits: DecodeLimits
  readonly clock: Clock
  /** Whether there is nothing to do any more: events are coming, or the hub stops. */
  readonly isOver: () => boolean
}

/** Events of one round: few, so that a request that comes meanwhile waits for milliseconds. */
const ROUND_EVENTS = 50
const ROUNDS = 40
/** Left to those who send at once: their events do the same. */
const QUIET_MS = 250

/**
 * Takes made-up events through decoding, validation, look-up, pricing and filling, and stores none of them
 * (`dryRun`). The first events after a start would else meet code that is interpreted: the first thousand
 * take four times the processor time of later ones, and whoever sends at a steady rate waits for them in a row.
 *
 * Takes about a third of a second of processor time, in rounds between which everything else goes on. Answers
 * how many events went through; fewer than asked for when it was over, or nothing is taken in now.
 */
export async function warmUp({ intake, limits, clock, isOver }: WarmUpParts): Promise<number> {
  let taken = 0
  await new Promise<void>((resolve) => clock.after(QUIET_MS, resolve))
  for (let round = 0; round < ROUNDS; round++) {
    await new Promise<void>((resolve) => clock.after(0, resolve))
    if (isOver()) break
    const body = Buffer.from(JSON.stringify(madeUpEvents(round, clock.now())))
    const decoded = decodeJson(body, limits)
    if (!decoded.ok) break
    const { events } = decoded
    const outcome: IntakeOutcome = await intake({
      project: 'default',
      receiver: 'http',
      partition: LIVE,
      events,
      dryRun: true,
    })
    if (!outcome.ok) break
    taken += outcome.answer.accepted
  }
  return taken
}

const MODELS = [
  ['openai', 'gpt-4o'],
  ['openai', 'gpt-4o-mini'],
  ['anthropic', 'claude-sonnet-4-5'],
  ['google', 'gemini-2.5-flash'],
] as const

/** As different from each other as those of real applications: code is made fast for what it has seen. */
function madeUpEvents(round: number, now: number): readonly unknown[] {
  return Array.from({ length: ROUND_EVENTS }, (_, i) => {
    const n = round * ROUND_EVENTS + i
    const [provider, model_id] = MODELS[n % MODELS.length] ?? MODELS[0]
    const failed = n % 20 === 0
    return {
      common: {
        event_id: `warm-up-${n}`,
        timestamp: new Date(now - n).toISOString(),
        source_module: 'llm-observatory',
        event_type: 'telemetry',
        environment: n % 3 === 0 ? 'staging' : 'production',
        tags: { team: `team-${n % 5}`, region: `region-${n % 3}` },
      },
      payload: {
        type: 'llm_request',
        provider,
        model_id,
        request_id: `warm-up-request-${n}`,
        ...(n % 2 === 0 ? { response_id: `warm-up-response-${n}` } : {}),
        usage: {
          input_tokens: 100 + n,
          output_tokens: failed ? 0 : 20 + (n % 500),
          ...(n % 4 === 0 ? { cache_read_tokens: n % 100 } : {}),
        },
        latency_ms: 200.5 + (n % 1000) * 3.25,
        ...(n % 3 === 0 ? { ttft_ms: 80.25 + (n % 100), tokens_per_second: 42.5 } : {}),
        status: failed ? 'error' : 'ok',
        ...(failed ? { error_type: 'rate_limit', error_message: 'too many requests' } : {}),
        user_id: `user-${n % 97}`,
        session_id: `session-${n % 31}`,
        service: `service-${n % 7}`,
      },
    }
  })
}
