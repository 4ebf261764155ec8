/** Events validated per second on one core, decoding apart: `node --conditions=@llmhub/source bench/micro/validate.ts`. */
import {
  DEFAULT_FUTURE_TOLERANCE,
  DEFAULT_VALIDATION_LIMITS,
  type ValidationContext,
  validateEvent,
} from '@llmhub/schema'

const context: ValidationContext = {
  now: Date.parse('2026-11-21T12:00:00Z') * 1000,
  futureTolerance: DEFAULT_FUTURE_TOLERANCE,
  oldest: null,
  requireEventId: true,
  limits: DEFAULT_VALIDATION_LIMITS,
}

const events = Array.from({ length: 10_000 }, (_, i) => ({
  common: {
    event_id: `evt-${i}`,
    timestamp: new Date(Date.parse('2026-11-21T10:00:00Z') + i).toISOString(),
    source_module: 'llm-observatory',
    severity: 'info',
    environment: 'production',
    tags: { region: 'us-east-1' },
  },
  payload: {
    type: 'llm_request',
    provider: 'openai',
    model_id: 'gpt-4o',
    request_id: `req-${i}`,
    parameters: { temperature: 0.7, max_tokens: 512 },
    usage: { input_tokens: 1200 + i, output_tokens: 340 },
    latency_ms: 1523.45,
    ttft_ms: 234.12,
    status: 'ok',
    user_id: `user-${i % 100}`,
  },
}))
const bytes = Math.round(Buffer.byteLength(JSON.stringify(events)) / events.length)

let valid = 0
const runs: number[] = []
for (let run = 0; run < 12; run++) {
  const start = performance.now()
  for (let round = 0; round < 20; round++) {
    for (const event of events) if (validateEvent(event, context).ok) valid++
  }
  runs.push((20 * events.length) / ((performance.now() - start) / 1000))
}
const counted = runs.slice(2).sort((a, b) => a - b)
const median = counted[Math.floor(counted.length / 2)] ?? 0
console.log(
  `validate: ${Math.round(median).toLocaleString('en')} events/s of ${bytes} bytes (median of ${counted.length} runs, least ${Math.round(counted[0] ?? 0).toLocaleString('en')}, ${valid} valid)`,
)
