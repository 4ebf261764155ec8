import { gzipSync, zstdCompressSync } from 'node:zlib'
import { type FieldSpec, KINDS, type KindSpec } from '@llmhub/schema'
import { mixSeed, Seeded } from '../support/seeded.ts'

/**
 * Requests that are nearly right: valid events, questions and parameters made from the tables of the
 * product, then bent in type, range, depth, keys and encoding. The same seed gives the same requests.
 */

export interface FuzzRequest {
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer | null
  /** Whether its answer counts events that were taken in for good. */
  readonly counts: boolean
}

const STRANGE: readonly unknown[] = [
  null,
  true,
  0,
  -1,
  -0.5,
  1.5,
  1e308,
  -1e308,
  5e-324,
  2 ** 53,
  2 ** 63,
  'NaN',
  'Infinity',
  '',
  ' ',
  '\u0000',
  '\ud800',
  '𝔘𝔫𝔦😀',
  "'; DROP TABLE events; --",
  '__proto__',
  '../../etc/passwd',
  '%00%ff',
  'x'.repeat(1025),
  'y'.repeat(70_000),
  [],
  {},
  [[]],
  { toString: 1, valueOf: null },
  '9'.repeat(40),
  '1e999',
  '2026-02-30T00:00:00Z',
  '0000-01-01T00:00:00Z',
  '-271821-04-20T00:00:00Z',
  8.64e15,
]
const FORBIDDEN = ['__proto__', 'constructor', 'prototype']
const DIFFERENT_EVENTS = 8000
const NOW = Date.UTC(2025, 5, 1)

function nested(depth: number): unknown {
  let value: unknown = 1
  for (let level = 0; level < depth; level++) value = level % 2 === 0 ? [value] : { a: value }
  return value
}

function valueOf(field: FieldSpec, random: Seeded): unknown {
  switch (field.type) {
    case 'string':
      return `${field.name}-${random.int(5)}`
    case 'id':
      return random.chance(0.2) ? random.int(50) : `${field.name}-${random.int(2000)}`
    case 'number': {
      const least = field.min ?? -1000
      return least + random.next() * ((field.max ?? least + 5000) - least)
    }
    case 'count':
      return random.int(10_000)
    case 'fraction':
      return random.next()
    case 'usd':
      return random.chance(0.5) ? random.next() : random.next().toFixed(12)
    case 'boolean':
      return random.chance(0.5)
    case 'object':
      return { temperature: random.next(), deep: { list: [1, 'two', null] } }
    case 'strings':
      return ['one', 'two']
    case 'json':
      return [1, { two: 2 }]
    case 'enum':
      return random.pick(field.values ?? [''])
    case 'usage':
      return { input_tokens: random.int(5000), output_tokens: random.int(500) }
  }
}

type Json = Record<string, unknown>

/** An event that the hub takes in; one of so many that some come again, the same to the byte. */
function validEvent(chooser: Seeded): { common: Json; payload: Json } {
  const number = chooser.int(DIFFERENT_EVENTS)
  const random = new Seeded(mixSeed(number))
  const kind: KindSpec = random.pick(KINDS)
  const payload: Json = { type: kind.kind }
  for (const field of kind.fields) {
    if (field.required === true || random.chance(0.6)) payload[field.name] = valueOf(field, random)
  }
  const common: Json = {
    event_id: `fuzz-${number}`,
    timestamp: new Date(NOW + random.int(7 * 86_400_000)).toISOString(),
  }
  if (random.chance(0.3)) common['tags'] = { team: random.pick(['red', 'blue']), n: random.int(9) }
  if (random.chance(0.2)) common['severity'] = random.pick(['info', 'error'])
  return { common, payload }
}

/** Bends one thing of an event. */
function bend(event: { common: Json; payload: Json }, random: Seeded): unknown {
  const part = random.chance(0.5) ? event.common : event.payload
  const key = random.pick(Object.keys(part))
  switch (random.int(12)) {
    case 0:
    case 1:
    case 2:
      part[key] = random.pick(STRANGE)
      return event
    case 3:
      Reflect.deleteProperty(part, key)
      return event
    case 4:
      part[key] = nested(random.pick([5, 31, 32, 33, 200]))
      return event
    case 5:
      Object.defineProperty(part, random.pick(FORBIDDEN), {
        value: { polluted: true },
        enumerable: true,
      })
      return event
    case 6:
      part[`unknown_${random.int(5)}`] = random.pick(STRANGE)
      return event
    case 7:
      event.common['tags'] = random.chance(0.5)
        ? Object.fromEntries(Array.from({ length: 70 }, (_, at) => [`tag${at}`, at]))
        : random.pick(STRANGE)
      return event
    case 8:
      event.common['timestamp'] = random.pick(STRANGE)
      return event
    case 9:
      return random.pick(STRANGE)
    case 10:
      event.payload['usage'] = { input_tokens: random.pick(STRANGE), output_tokens: nested(3) }
      return event
    default:
      event.payload['extra'] = Object.fromEntries(
        STRANGE.slice(0, random.int(STRANGE.length)).map((value, at) => [`k${at}`, value]),
      )
      return event
  }
}

function damageByte(bytes: Buffer, random: Seeded): void {
  const at = random.int(bytes.length)
  bytes[at] = (bytes[at] ?? 0) ^ 0x55
}

/** Damages the text of a body. */
function damage(text: string, random: Seeded): Buffer {
  const bytes = Buffer.from(text)
  const at = random.int(Math.max(1, bytes.length))
  switch (random.int(6)) {
    case 0:
      return bytes.subarray(0, at)
    case 1:
      bytes[at] = 0xff
      return bytes
    case 2:
      return Buffer.from(
        text.replace(/\d+/, random.pick(['1e999', '-', '0x1f', 'NaN', '9'.repeat(400)])),
      )
    case 3:
      return Buffer.from(`${text}${random.pick([']', '}', ',', '\u0000', '//'])}`)
    case 4:
      return Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), bytes])
    default:
      return Buffer.from(text.replace('"', random.pick(["'", '\\u00', '\u0001'])))
  }
}

function eventsRequest(random: Seeded): FuzzRequest {
  const count = random.pick([0, 1, 1, 1, 2, 5, 20])
  const events: unknown[] = Array.from({ length: count }, () => {
    const event = validEvent(random)
    return random.chance(0.6) ? bend(event, random) : event
  })
  const lines = random.chance(0.3)
  const single = count === 1 && random.chance(0.5)
  let text = lines
    ? events.map((event) => JSON.stringify(event) ?? 'undefined').join('\n')
    : JSON.stringify(single ? events[0] : events)
  text ??= ''
  const headers: Record<string, string> = {
    'content-type': lines ? 'application/x-ndjson' : 'application/json',
  }
  let body: Buffer = random.chance(0.12) ? damage(text, random) : Buffer.from(text)
  if (random.chance(0.2)) {
    const gzip = random.chance(0.5)
    headers['content-encoding'] = gzip ? 'gzip' : 'zstd'
    body = gzip ? gzipSync(body) : zstdCompressSync(body)
    if (random.chance(0.15) && body.length > 4) damageByte(body, random)
  }
  if (random.chance(0.05)) {
    headers['content-type'] = random.pick([
      'text/plain',
      'application/json; charset=utf-16',
      'application/xml',
      ';;;',
    ])
  }
  if (random.chance(0.05))
    headers['content-encoding'] = random.pick(['br', 'deflate', 'gzip, gzip'])
  if (random.chance(0.1)) {
    headers['idempotency-key'] = random.pick([
      'key-1',
      'key 2',
      'x'.repeat(300),
      `key-${random.int(50)}`,
    ])
  }
  const dry = random.chance(0.1)
  const query = dry ? '?dryRun=true' : random.chance(0.03) ? '?dryRun=maybe' : ''
  return { method: 'POST', path: `/api/v1/events${query}`, headers, body, counts: !dry }
}

const MEASURES = [
  'requests.count',
  'cost.total',
  'latency.p95',
  'users.count',
  'events.last',
  'no.such',
]
const FIELDS = [
  'model',
  'user',
  'tag.team',
  'tag.',
  'latency',
  'event_id',
  'nope',
  'time:1h',
  'time:1M',
]
const OPS = ['eq', 'ne', 'in', 'gt', 'contains', 'exists', 'starts_with', 'like']

function filter(random: Seeded): unknown {
  if (random.chance(0.1)) return random.pick(STRANGE)
  const value = random.chance(0.5) ? 'model_id-1' : random.pick(STRANGE)
  return { field: random.pick(FIELDS), op: random.pick(OPS), value }
}

function question(random: Seeded): unknown {
  const asked: Json = {
    kind: random.pick(['series', 'table', 'list', 'histogram']),
    measures: [random.pick(MEASURES), random.pick(MEASURES)],
    by: [random.pick(FIELDS)],
    filters: [filter(random)],
    from: random.pick(['2025-06-01T00:00:00Z', 'now-7d', ...STRANGE]),
    to: random.pick(['2025-06-08T00:00:00Z', 'now', ...STRANGE]),
    timezone: random.pick(['UTC', 'Europe/Berlin', 'Mars/Olympus', ...STRANGE]),
    fill: random.pick(['none', 'null', 'zero', 'previous', 'linear', ...STRANGE]),
    top: {
      by: random.pick(MEASURES),
      n: random.pick([1, 5, ...STRANGE]),
      other: random.chance(0.5),
    },
    order: [{ by: random.pick([...MEASURES, ...FIELDS]), dir: random.pick(['asc', 'up']) }],
    compare: random.pick(['previous', null, ...STRANGE]),
    limit: random.pick([1, 10, 100, ...STRANGE]),
    cursor: random.pick([null, 'abc', ...STRANGE]),
    where: { any: [filter(random), { not: filter(random) }] },
    after: random.pick(['0:1', ...STRANGE]),
  }
  // Most parts are left out, so that some questions get through.
  for (const part of [
    'filters',
    'from',
    'to',
    'timezone',
    'fill',
    'top',
    'order',
    'compare',
    'limit',
    'cursor',
    'where',
  ]) {
    if (random.chance(0.75)) Reflect.deleteProperty(asked, part)
  }
  if (random.chance(0.95)) Reflect.deleteProperty(asked, 'after')
  if (asked['kind'] === 'list') Reflect.deleteProperty(asked, 'measures')
  if (random.chance(0.1)) {
    asked['measures'] = [
      'requests.count',
      {
        as: 'x',
        formula: random.pick([
          '1/0',
          'requests.count / 0',
          '(((',
          '-'.repeat(3000),
          '('.repeat(3000),
          'requests.count ** 2',
          'x + x',
        ]),
      },
    ]
  }
  if (random.chance(0.1))
    asked[random.pick([...FORBIDDEN, 'per', 'having', 'meassures'])] = random.pick(STRANGE)
  return random.chance(0.03) ? random.pick(STRANGE) : asked
}

function questionRequest(random: Seeded): FuzzRequest {
  const text = JSON.stringify(question(random)) ?? ''
  const body = random.chance(0.08) ? damage(text, random) : Buffer.from(text)
  const format = random.pick(['', '', '?format=csv', '?format=ndjson', '?format=xml'])
  const headers = { 'content-type': random.chance(0.97) ? 'application/json' : 'text/csv' }
  return { method: 'POST', path: `/api/v1/query${format}`, headers, body, counts: false }
}

const REPORTS = [
  '/costs',
  '/costs/breakdown',
  '/costs/cache',
  '/costs/explain',
  '/errors',
  '/performance',
  '/metrics',
  '/metrics/summary',
  '/metrics/conversations',
  '/metrics/models',
  '/metrics/trends',
]
const PARAMETERS = [
  'start_time',
  'end_time',
  'from',
  'vs_from',
  'provider',
  'model',
  'environment',
  'user_id',
  'granularity',
  'timezone',
  'window',
  'by',
  'limit',
  'x',
  '__proto__',
]
const VALUES = [
  'now',
  'now-7d',
  '2025-06-01T00:00:00Z',
  '1hour',
  '1min',
  '1month',
  'UTC',
  '1h',
  'model',
  'tag.team',
  '5',
]

function strangeText(random: Seeded): string {
  const value = random.pick(STRANGE)
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '')
}

function reportRequest(random: Seeded): FuzzRequest {
  const parts = Array.from({ length: random.int(4) }, () => {
    const value = random.chance(0.6) ? random.pick(VALUES) : strangeText(random).slice(0, 6000)
    const text = random.chance(0.9) ? encodeURIComponent(value.toWellFormed()) : '%zz%'
    return `${random.pick(PARAMETERS)}=${text}`
  })
  const path = `/api/v1${random.pick(REPORTS)}?${parts.join('&')}`
  return { method: 'GET', path, headers: {}, body: null, counts: false }
}

function strayRequest(random: Seeded): FuzzRequest {
  const method = random.pick(['GET', 'PUT', 'DELETE', 'PATCH', 'HEAD', 'OPTIONS', 'POST'])
  const path = random.pick([
    '/api/v1/events',
    '/api/v1/query',
    '/api/v1/semantic',
    '/api/v1/imports/zz',
    '/api/v1/imports/%00',
    `/api/v1/imports/${'a'.repeat(64)}`,
    `/api/v1/imports/${'a'.repeat(300)}`,
    '/api/v1/keys/%2e%2e',
    '/api/v1/projects',
    '/api/v1/dead-letters',
    '/api/v1/dead-letters/%00',
    '/api/v1/dead-letters/replay',
    '/api/v1/dead-letters/dismiss',
    '/api/v1/dead-letters/summary?granularity=1min&from=0',
    '/api/v1/dead-letters?cursor=W10&text=%25',
    '/health',
    '/ready',
    '/stats',
    '/nowhere',
    '//',
    '/%',
    '/api/v1/../../etc/passwd',
    `/${'a/'.repeat(2000)}`,
  ])
  // Keys and projects stay as they are: what a fuzzed DELETE or POST could do to them is not at stake.
  const isRead = method === 'GET' || method === 'HEAD' || method === 'OPTIONS'
  const touches = path.includes('/keys') || path.includes('/projects')
  const body = isRead || method === 'DELETE' ? null : Buffer.from('{"a":1}')
  return {
    method: touches && !isRead ? 'GET' : method,
    path,
    headers: body === null || (touches && !isRead) ? {} : { 'content-type': 'application/json' },
    body: touches && !isRead ? null : body,
    counts: true,
  }
}

export function fuzzRequest(random: Seeded): FuzzRequest {
  const chance = random.next()
  if (chance < 0.8) return eventsRequest(random)
  if (chance < 0.92) return questionRequest(random)
  if (chance < 0.97) return reportRequest(random)
  return strayRequest(random)
}

/** `--where` of the command line. */
export function fuzzWhere(random: Seeded): string {
  const text = strangeText(random).slice(0, 2000)
  const sign = random.pick(['=', '!=', '>', '>=', '<', '<=', '~', '==', '=~', ' ', ''])
  return `${random.pick([...FIELDS, 'tag.a-b', 'tag.ä', '$', ''])}${sign}${text}`
}
