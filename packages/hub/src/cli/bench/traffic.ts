/**
 * Made-up traffic of an organisation's LLM applications, as it would come over the wire: a few busy
 * models and a tail, users and sessions by Zipf's law, lengths log-normal, latency the time to the
 * first token plus the output at the model's speed, 2 % failures, three tags. The same seed gives the
 * same bytes.
 *
 * Making an event costs more than sending it, so a pool is made once. What must differ from one
 * sending to the next (ids, session, time) has a fixed width and is overwritten in a copy.
 */

/** Uniform numbers in [0, 1) from a 32-bit counter, mixed (splitmix32). */
export function uniforms(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x9e37_79b9) >>> 0
    let z = state
    z = Math.imul(z ^ (z >>> 16), 0x21f0_aaad)
    z = Math.imul(z ^ (z >>> 15), 0x735a_2d97)
    return ((z ^ (z >>> 15)) >>> 0) / 0x1_0000_0000
  }
}

interface Model {
  readonly provider: string
  readonly name: string
  /** Share of the calls, relative. */
  readonly share: number
  /** Median milliseconds to the first token. */
  readonly ttftMs: number
  /** Median output tokens per second. */
  readonly speed: number
}

const MODELS: readonly Model[] = [
  { provider: 'openai', name: 'gpt-4o-mini', share: 30, ttftMs: 320, speed: 95 },
  { provider: 'openai', name: 'gpt-4o', share: 18, ttftMs: 450, speed: 70 },
  { provider: 'anthropic', name: 'claude-3-5-sonnet-20241022', share: 15, ttftMs: 700, speed: 65 },
  { provider: 'anthropic', name: 'claude-3-5-haiku-20241022', share: 10, ttftMs: 420, speed: 85 },
  { provider: 'google', name: 'gemini-1.5-flash', share: 9, ttftMs: 300, speed: 150 },
  { provider: 'google', name: 'gemini-1.5-pro', share: 5, ttftMs: 650, speed: 60 },
  { provider: 'openai', name: 'o1-mini', share: 4, ttftMs: 2_400, speed: 110 },
  { provider: 'mistral', name: 'mistral-large-latest', share: 4, ttftMs: 500, speed: 55 },
  { provider: 'groq', name: 'llama-3.1-70b-versatile', share: 3, ttftMs: 180, speed: 240 },
  { provider: 'cohere', name: 'command-r-plus', share: 2, ttftMs: 520, speed: 50 },
]
const REGIONS = ['us-east-1', 'eu-west-1', 'ap-southeast-2']
const TEAMS = ['search', 'support', 'billing', 'growth', 'platform']
const FEATURES = ['chat', 'summary', 'extraction', 'agent', 'autocomplete', 'translation']
const ERRORS = ['rate_limit', 'server_error', 'context_length_exceeded', 'connection_error']
const USERS = 20_000
const ZIPF_EXPONENT = 1.1

/** What is overwritten stands in the pool as a run of this many characters. */
const ID_DIGITS = 12
const SESSION_DIGITS = 6
const TIME_LENGTH = '2026-01-01T00:00:00.000Z'.length

export interface Pool {
  readonly events: number
  /** Events as JSON, each followed by a comma. */
  readonly bytes: Buffer
  /** Where each event begins, and one more for the end. */
  readonly starts: Int32Array
  /** Where in `bytes` the parts that change begin, by event. */
  readonly times: Int32Array
  readonly ids: Int32Array
  readonly requests: Int32Array
  readonly sessions: Int32Array
  /** Where the text of `payload` characters begins, by event. */
  readonly texts: Int32Array
  readonly payload: number
}

/** @param payload characters of incompressible text in every event: each has 6 bits that nothing tells */
export function makePool(seed: number, events: number, payload = 0): Pool {
  const random = uniforms(seed)
  const run = Math.floor(uniforms(seed ^ 0x5bd1_e995)() * 0x1_0000_0000)
    .toString(16)
    .padStart(8, '0')
  const users = zipf(USERS, ZIPF_EXPONENT)
  const parts: string[] = []
  const starts = new Int32Array(events + 1)
  const places = (): Int32Array => new Int32Array(events)
  const [times, ids, requests, sessions] = [places(), places(), places(), places()]
  const texts = places()
  let at = 0
  for (let i = 0; i < events; i++) {
    // ASCII alone, so that characters are bytes.
    const text = `${JSON.stringify(makeEvent(random, users, run, payload))},`
    times[i] = at + text.indexOf(TIME_MARK)
    ids[i] = at + text.indexOf(ID_MARK)
    requests[i] = at + text.indexOf(ID_MARK, text.indexOf(ID_MARK) + ID_DIGITS)
    sessions[i] = at + text.indexOf(SESSION_MARK)
    texts[i] = at + text.indexOf(TEXT_MARK)
    parts.push(text)
    at += text.length
    starts[i + 1] = at
  }
  const bytes = Buffer.from(parts.join(''))
  return { events, bytes, starts, times, ids, requests, sessions, texts, payload }
}

const TIME_MARK = '!'.repeat(TIME_LENGTH)
const ID_MARK = '#'.repeat(ID_DIGITS)
const SESSION_MARK = '%'.repeat(SESSION_DIGITS)
const TEXT_MARK = '~'

function makeEvent(
  random: () => number,
  users: Float64Array,
  run: string,
  payload: number,
): object {
  const model = pickModel(random())
  const input = Math.max(1, Math.round(logNormal(random, 900, 1.1)))
  const output = Math.max(1, Math.round(logNormal(random, 180, 0.9)))
  const ttft = logNormal(random, model.ttftMs, 0.35)
  const speed = logNormal(random, model.speed, 0.2)
  const latency = ttft + (output / speed) * 1000
  const failure = random()
  const status = failure < 0.015 ? 'error' : failure < 0.02 ? 'timeout' : 'ok'
  const user = rankOf(users, random())
  return {
    common: {
      event_id: `${run}-7c1e-${ID_MARK}`,
      timestamp: TIME_MARK,
      environment: random() < 0.85 ? 'production' : 'staging',
      tags: {
        region: pick(REGIONS, random()),
        team: pick(TEAMS, random()),
        feature: pick(FEATURES, random()),
      },
    },
    payload: {
      type: 'llm_request',
      provider: model.provider,
      model_id: model.name,
      request_id: `req_${run}${ID_MARK}`,
      usage: {
        input_tokens: input,
        output_tokens: status === 'ok' ? output : 0,
        ...(random() < 0.25 ? { cache_read_tokens: Math.floor(input * random()) } : {}),
      },
      latency_ms: round(status === 'timeout' ? 30_000 : latency, 2),
      ttft_ms: round(ttft, 2),
      status,
      ...(status === 'ok' ? {} : { error_type: pick(ERRORS, random()) }),
      ...(payload === 0 ? {} : { error_message: TEXT_MARK.repeat(payload) }),
      user_id: `user-${user}`,
      session_id: `ses-${user}-${Math.floor(random() * 8)}${SESSION_MARK}`,
    },
  }
}

function pick<T>(values: readonly T[], uniform: number): T {
  return values[Math.floor(uniform * values.length)] as T
}

function pickModel(uniform: number): Model {
  let left = uniform * MODELS.reduce((sum, { share }) => sum + share, 0)
  for (const model of MODELS) {
    left -= model.share
    if (left < 0) return model
  }
  return MODELS[0] as Model
}

/** Log-normal with this median; sigma is that of the logarithm. Box and Muller's method. */
function logNormal(random: () => number, median: number, sigma: number): number {
  const radius = Math.sqrt(-2 * Math.log(1 - random()))
  return median * Math.exp(sigma * radius * Math.cos(2 * Math.PI * random()))
}

/** Cumulative probabilities of ranks 1 … n. */
function zipf(n: number, exponent: number): Float64Array {
  const cumulative = new Float64Array(n)
  let sum = 0
  for (let rank = 1; rank <= n; rank++) cumulative[rank - 1] = sum += rank ** -exponent
  return cumulative.map((value) => value / sum)
}

/** Rank from 1 whose share of the cumulative probabilities holds the number. */
function rankOf(cumulative: Float64Array, uniform: number): number {
  let low = 0
  let high = cumulative.length - 1
  while (low < high) {
    const middle = (low + high) >> 1
    if ((cumulative[middle] ?? 1) <= uniform) low = middle + 1
    else high = middle
  }
  return low + 1
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits))
}

/**
 * A request body of `count` events, a JSON array, beginning at the pool's event `first`. `serial` of
 * its first event and the following numbers become the ids; `timeOf` gives epoch milliseconds by place.
 */
export function makeBody(
  pool: Pool,
  first: number,
  count: number,
  serial: number,
  timeOf: (place: number) => number,
): Buffer {
  const from = pool.starts[first] ?? 0
  const to = pool.starts[first + count] ?? 0
  const body = Buffer.allocUnsafe(to - from + 1)
  body[0] = '['.charCodeAt(0)
  pool.bytes.copy(body, 1, from, to)
  // The comma after the last event becomes the end of the array.
  body[to - from] = ']'.charCodeAt(0)
  const shift = 1 - from
  let lastTime = Number.NaN
  let time = ''
  for (let place = 0; place < count; place++) {
    const event = first + place
    const at = timeOf(place)
    if (at !== lastTime) {
      time = new Date(at).toISOString()
      lastTime = at
    }
    body.write(time, (pool.times[event] ?? 0) + shift, 'latin1')
    writeHex(body, (pool.ids[event] ?? 0) + shift, ID_DIGITS, serial + place)
    writeHex(body, (pool.requests[event] ?? 0) + shift, ID_DIGITS, serial + place)
    const generation = Math.floor((serial + place) / pool.events)
    writeHex(body, (pool.sessions[event] ?? 0) + shift, SESSION_DIGITS, generation)
    if (pool.payload > 0) {
      writeText(body, (pool.texts[event] ?? 0) + shift, pool.payload, serial + place)
    }
  }
  return body
}

const DIGITS = Buffer.from('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/')

/** Text that looks random, of as many characters; the same for the same number. */
function writeText(bytes: Buffer, at: number, length: number, seed: number): void {
  let state = (Math.imul(seed, 0x9e37_79b1) ^ 0x5bd1_e995) | 1
  let bits = 0
  for (let i = 0; i < length; i++) {
    if (i % 5 === 0) {
      state ^= state << 13
      state ^= state >>> 17
      state ^= state << 5
      bits = state >>> 2
    }
    bytes[at + i] = DIGITS[bits & 63] as number
    bits >>>= 6
  }
}

const HEX = Buffer.from('0123456789abcdef')

function writeHex(bytes: Buffer, at: number, digits: number, value: number): void {
  let high = Math.floor(value / 0x1_0000_0000)
  let low = value >>> 0
  for (let i = digits - 1; i >= 0; i--) {
    bytes[at + i] = HEX[low & 15] as number
    low = (low >>> 4) | ((high & 15) << 28)
    high >>>= 4
  }
}
