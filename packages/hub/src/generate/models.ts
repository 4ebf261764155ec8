/** Models that the made-up organisation uses. Shares of use are those of the applications. */
export interface Model {
  readonly provider: string
  readonly name: string
  /** Median milliseconds to the first token of a short prompt, when nothing else is going on. */
  readonly ttftMs: number
  /** Median output tokens per second. */
  readonly speed: number
  /** Prompt tokens read per millisecond: what a long prompt adds to the time to the first token. */
  readonly prefill: number
  /** Share of calls that fail on an ordinary day. */
  readonly failures: number
  /** Quality of an answer, as judges score it. */
  readonly quality: number
}

/**
 * Times are of the order of llmperf's measurements (0.2 to 0.65 s to the first token, 20 to 130 tokens/s)
 * scaled to present models by assumption; failures are between the 1.6 % of the lora trace of GenTD26 and
 * what providers promise.
 */
export const MODELS = {
  'gpt-4o-mini': model('openai', 'gpt-4o-mini', 320, 95, 24, 0.006, 0.74),
  'gpt-4o': model('openai', 'gpt-4o', 450, 70, 14, 0.008, 0.83),
  'gpt-4.1': model('openai', 'gpt-4.1', 480, 75, 16, 0.007, 0.86),
  'o4-mini': model('openai', 'o4-mini', 900, 120, 14, 0.009, 0.88),
  'claude-sonnet-4-5': model('anthropic', 'claude-sonnet-4-5', 700, 62, 12, 0.012, 0.9),
  'claude-haiku-4-5': model('anthropic', 'claude-haiku-4-5', 420, 110, 20, 0.01, 0.82),
  'gemini-2.5-flash': model('google', 'gemini-2.5-flash', 300, 160, 30, 0.009, 0.8),
  'gemini-2.5-pro': model('google', 'gemini-2.5-pro', 800, 80, 15, 0.011, 0.88),
  'mistral-large-latest': model('mistral', 'mistral-large-latest', 500, 55, 10, 0.014, 0.79),
  'deepseek-reasoner': model('deepseek', 'deepseek-reasoner', 600, 38, 10, 0.016, 0.87),
} as const satisfies Readonly<Record<string, Model>>

export type ModelName = keyof typeof MODELS

function model(
  provider: string,
  name: string,
  ttftMs: number,
  speed: number,
  prefill: number,
  failures: number,
  quality: number,
): Model {
  return { provider, name, ttftMs, speed, prefill, failures, quality }
}

/** Classes of failure with their shares; after the first that is a rate limit, which retries make worse. */
export const FAILURES: readonly (readonly [type: string, share: number])[] = [
  ['rate_limit', 0.34],
  ['server_error', 0.3],
  ['timeout', 0.14],
  ['context_length_exceeded', 0.12],
  ['connection_error', 0.1],
]

/** After this long a client gives a call up. */
export const TIMEOUT_MS = 120_000
