import type { KeyObject } from 'node:crypto'
import { createHmac, createSecretKey, timingSafeEqual } from 'node:crypto'
import type { Control, KeyRecord, Permission } from '../control/control.ts'
import type { Clock } from '../core/clock.ts'
import { RateLimiter } from './gcra.ts'
import type { RandomBytes } from './key-format.ts'
import { formatKey, generateKey, parseKey } from './key-format.ts'
import type { Principal } from './principal.ts'
import { principalOf } from './principal.ts'

/**
 * Decides who a request comes from.
 *
 * Records are read from the control store at most once a second per key and kept for that second,
 * found or not, so that a flood of unknown keys costs one look-up each and a revocation by another
 * process counts within a second; one made here counts at once.
 *
 * Failed tries are limited per address. An address over its limit gets no further secrets checked,
 * except for keys that have already been good from this address: clients that share an address
 * with an attacker go on, and the attacker learns nothing more.
 */
export interface AuthenticatorOptions {
  readonly control: Control
  readonly clock: Clock
  /** Cryptographically strong. */
  readonly randomBytes: RandomBytes
  /** Part of new keys that says where they belong: `live`, `test`, … Default `live`. */
  readonly environment?: string
  /** How long a record may be used without asking the control store. Default 1,000 ms, the most a revocation may take. */
  readonly recordTtlMs?: number
  /** Failed tries an address has at once, and per second after that. Defaults 20 and 1. */
  readonly failureBurst?: number
  readonly failureRate?: number
  /** How often times of last use are written. Default 60 s. */
  readonly lastUsedEveryMs?: number
}

export type Authentication =
  | { readonly ok: true; readonly principal: Principal }
  | { readonly ok: false; readonly code: 'unauthenticated'; readonly message: string }
  | {
      readonly ok: false
      readonly code: 'rate_limited'
      readonly message: string
      readonly retryAfterSeconds: number
    }

export interface NewKey {
  readonly name: string
  readonly project: string | null
  readonly permissions: readonly Permission[]
  /** Epoch milliseconds, or null for never. */
  readonly expiresAt: number | null
}

/** How the first key came to be. The caller prints `secret`; it cannot be had again. */
export type FirstKey =
  | { readonly origin: 'created'; readonly secret: string }
  | { readonly origin: 'brought' | 'brought_revoked' | 'existing' }

/** Least length of a key that somebody brings. */
const MIN_BROUGHT_KEY_LENGTH = 32

const PEPPER = 'key_pepper'
const BROUGHT = 'brought-'
const MAX_ENTRIES = 10_000

interface Candidate {
  readonly id: string
  readonly hash: Buffer
}

interface CachedRecord {
  readonly record: KeyRecord | null
  readonly hash: Buffer | null
  readonly principal: Principal | null
  readonly until: number
}

export class Authenticator {
  readonly #options: Required<AuthenticatorOptions>
  /** As a key object, which makes an HMAC five times faster than the bytes do. */
  readonly #pepper: KeyObject
  readonly #records = new Map<string, CachedRecord>()
  readonly #known = new Map<string, true>()
  readonly #failures = new RateLimiter(MAX_ENTRIES)
  readonly #lastUsed = new Map<string, number>()
  readonly #stop: () => void

  constructor(options: AuthenticatorOptions) {
    this.#options = {
      environment: 'live',
      recordTtlMs: 1000,
      failureBurst: 20,
      failureRate: 1,
      lastUsedEveryMs: 60_000,
      ...options,
    }
    this.#pepper = createSecretKey(pepperOf(options.control, options.randomBytes))
    this.#stop = options.clock.every(this.#options.lastUsedEveryMs, () => this.flushLastUsed())
  }

  /**
   * Makes sure that there is a way in: the brought key (any text of at least 32 characters) becomes
   * an all-projects admin key and replaces those brought before; without one, and without any key
   * at all, a key is created.
   */
  firstKey(brought: string | null): FirstKey {
    const { control, clock } = this.#options
    if (brought === null) {
      if (control.keys().length > 0) return { origin: 'existing' }
      const { secret } = this.create({
        name: 'first key',
        project: null,
        permissions: ['admin'],
        expiresAt: null,
      })
      return { origin: 'created', secret }
    }
    if (brought.length < MIN_BROUGHT_KEY_LENGTH) {
      throw new RangeError(`a brought key needs at least ${MIN_BROUGHT_KEY_LENGTH} characters`)
    }
    const hash = this.#hash(brought)
    const id = broughtId(hash)
    for (const record of control.keys()) {
      if (record.id.startsWith(BROUGHT) && record.id !== id && record.revokedAt === null) {
        this.revoke(record.id)
      }
    }
    const existing = control.key(id)
    if (existing !== null) {
      return { origin: existing.revokedAt === null ? 'brought' : 'brought_revoked' }
    }
    this.#put({
      id,
      name: 'brought at start',
      hash: hash.toString('hex'),
      project: null,
      permissions: ['admin'],
      createdAt: clock.now(),
      expiresAt: null,
      revokedAt: null,
      lastUsedAt: null,
    })
    return { origin: 'brought' }
  }

  /** Creates a key; `secret` is the whole key as the client sends it and is kept nowhere. */
  create(key: NewKey): { readonly record: KeyRecord; readonly secret: string } {
    const { control, clock, environment, randomBytes } = this.#options
    const parts = generateKey(environment, randomBytes)
    const record: KeyRecord = {
      id: parts.id,
      name: key.name,
      hash: this.#hash(parts.secret).toString('hex'),
      project: key.project,
      permissions: [...key.permissions],
      createdAt: clock.now(),
      expiresAt: key.expiresAt,
      revokedAt: null,
      lastUsedAt: null,
    }
    if (key.project !== null && !control.projects().some(({ name }) => name === key.project)) {
      control.putProject({ name: key.project, createdAt: clock.now(), eventsPerSecond: null })
    }
    this.#put(record)
    return { record, secret: formatKey(parts) }
  }

  /** Revokes a key at once and for ever; null when there is none of that id. */
  revoke(id: string): KeyRecord | null {
    const { control, clock } = this.#options
    const record = control.key(id)
    if (record === null) return null
    if (record.revokedAt !== null) return record
    const revoked = { ...record, revokedAt: clock.now() }
    this.#put(revoked)
    return revoked
  }

  /** `authorization` is the header's value; `address` the peer's. */
  authenticate(authorization: string | undefined, address: string): Authentication {
    const { clock, failureBurst, failureRate } = this.#options
    if (authorization === undefined) return refused('no key was sent')
    const now = clock.monotonic()
    const source = limitedAs(address)
    const token = /^Bearer +([\x21-\x7e]{1,512})$/i.exec(authorization)?.[1]
    const wait = this.#failures.wait(source, failureRate, failureBurst, now)
    if (token !== undefined) {
      for (const candidate of this.#candidates(token)) {
        const known = `${source} ${candidate.id}`
        if (wait > 0 && !this.#known.has(known)) continue
        const principal = this.#check(candidate, now)
        if (principal === null) continue
        if (!this.#known.has(known)) remember(this.#known, known, true)
        this.#lastUsed.set(candidate.id, clock.now())
        return { ok: true, principal }
      }
    }
    if (wait > 0) return limited(wait)
    this.#failures.take(source, 1, failureRate, failureBurst, now)
    return refused('the key is not valid')
  }

  /** Writes the times of last use collected since the last time. */
  flushLastUsed(): void {
    const { control } = this.#options
    for (const [id, lastUsedAt] of this.#lastUsed) {
      const record = control.key(id)
      if (record !== null) control.putKey({ ...record, lastUsedAt })
    }
    this.#lastUsed.clear()
  }

  close(): void {
    this.#stop()
    this.flushLastUsed()
  }

  #hash(secret: string): Buffer {
    return createHmac('sha256', this.#pepper).update(secret).digest()
  }

  /** Whose key a token may be, the likelier first. */
  *#candidates(token: string): Generator<Candidate> {
    const parts = parseKey(token)
    if (parts !== null) yield { id: parts.id, hash: this.#hash(parts.secret) }
    // A brought key has no id of its own; it is found by a part of its keyed hash.
    if (token.length < MIN_BROUGHT_KEY_LENGTH) return
    const hash = this.#hash(token)
    yield { id: broughtId(hash), hash }
  }

  #check(candidate: Candidate, now: number): Principal | null {
    const { record, hash, principal } = this.#record(candidate.id, now)
    if (record === null || hash === null || hash.length !== candidate.hash.length) return null
    if (!timingSafeEqual(hash, candidate.hash)) return null
    if (record.revokedAt !== null) return null
    if (record.expiresAt !== null && record.expiresAt <= this.#options.clock.now()) return null
    return principal
  }

  #record(id: string, now: number): CachedRecord {
    const cached = this.#records.get(id)
    if (cached !== undefined && cached.until > now) return cached
    const record = this.#options.control.key(id)
    const fresh: CachedRecord = {
      record,
      hash: record === null ? null : Buffer.from(record.hash, 'hex'),
      principal: record === null ? null : principalOf(record),
      until: now + this.#options.recordTtlMs,
    }
    this.#records.delete(id)
    remember(this.#records, id, fresh)
    return fresh
  }

  #put(record: KeyRecord): void {
    this.#options.control.putKey(record)
    this.#records.delete(record.id)
  }
}

function pepperOf(control: Control, randomBytes: RandomBytes): Uint8Array {
  const stored = control.secret(PEPPER)
  if (stored !== null) return stored
  const pepper = randomBytes(32)
  control.putSecret(PEPPER, pepper)
  return pepper
}

function broughtId(hash: Buffer): string {
  return BROUGHT + hash.toString('hex').slice(0, 12)
}

/** IPv6 clients own whole networks, so that their /64 counts as one address. */
function limitedAs(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1]
  if (mapped !== undefined) return mapped
  if (!address.includes(':')) return address
  const [head = '', tail] = address.split('::')
  const before = head === '' ? [] : head.split(':')
  const after = tail === undefined || tail === '' ? [] : tail.split(':')
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - before.length - after.length)
  return [...before, ...Array.from({ length: zeros }, () => '0'), ...after].slice(0, 4).join(':')
}

function remember<V>(map: Map<string, V>, key: string, value: V): void {
  map.set(key, value)
  if (map.size <= MAX_ENTRIES) return
  for (const oldest of map.keys()) {
    map.delete(oldest)
    return
  }
}

function refused(message: string): Authentication {
  return { ok: false, code: 'unauthenticated', message }
}

function limited(retryAfterSeconds: number): Authentication {
  const message = 'too many failed tries from this address'
  return { ok: false, code: 'rate_limited', message, retryAfterSeconds }
}
