import { randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { ManualClock } from '../../test/manual-clock.ts'
import { manualClock } from '../../test/manual-clock.ts'
import type { Control } from '../control/control.ts'
import { openSqliteControl } from '../control/sqlite/sqlite-control.ts'
import { Authenticator } from './authenticator.ts'
import { formatKey, generateKey } from './key-format.ts'

let folder: string
let control: Control
let clock: ManualClock
let authenticator: Authenticator

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'llmhub-auth-'))
  control = openSqliteControl({ file: path.join(folder, 'control.db'), writer: '0.0.0' })
  clock = manualClock()
  authenticator = new Authenticator({ control, clock, randomBytes })
})
afterEach(() => {
  authenticator.close()
  control.close()
  rmSync(folder, { recursive: true, force: true })
})

function make(expiresAt: number | null = null) {
  return authenticator.create({
    name: 'k',
    project: 'shop',
    permissions: ['query:read'],
    expiresAt,
  })
}

function tryKey(secret: string, address = '192.0.2.1') {
  return authenticator.authenticate(`Bearer ${secret}`, address)
}

function codeOf(result: ReturnType<typeof tryKey>): string {
  return result.ok ? 'ok' : result.code
}

test('a key names its owner, project and permissions', () => {
  const { record, secret } = make()
  const result = tryKey(secret)
  expect(result).toMatchObject({ ok: true, principal: { keyId: record.id, project: 'shop' } })
  expect(control.projects().map(({ name }) => name)).toContain('shop')
})

test('the secret is in no file', () => {
  const { secret } = make()
  const part = secret.split('_')[3] ?? ''
  control.close()
  const bytes = readFileSync(path.join(folder, 'control.db')).toString('latin1')
  expect(bytes).not.toContain(part)
  control = openSqliteControl({ file: path.join(folder, 'control.db'), writer: '0.0.0' })
  authenticator = new Authenticator({ control, clock, randomBytes })
  expect(codeOf(tryKey(secret))).toBe('ok')
})

test.each([
  ['nothing', undefined],
  ['another scheme', 'Basic YTpi'],
  ['no token', 'Bearer '],
  ['short text', 'Bearer abc'],
  ['text of another shape', `Bearer ${'x'.repeat(40)}`],
  ['two tokens', 'Bearer a b'],
  ['a very long token', `Bearer ${'x'.repeat(100_000)}`],
])('%s is no key', (_name, authorization) => {
  make()
  expect(codeOf(authenticator.authenticate(authorization, '192.0.2.1'))).toBe('unauthenticated')
})

test('the right id with another secret is refused', () => {
  const { record } = make()
  const forged = formatKey({ ...generateKey('live', randomBytes), id: record.id })
  expect(codeOf(tryKey(forged))).toBe('unauthenticated')
})

test('a key expires at its time, to the millisecond', () => {
  const { secret } = make(clock.now() + 1000)
  clock.advance(999)
  expect(codeOf(tryKey(secret))).toBe('ok')
  clock.advance(1)
  expect(codeOf(tryKey(secret))).toBe('unauthenticated')
})

test('a revocation here counts at once, one by another process within a second', () => {
  const here = make()
  const there = make()
  expect([codeOf(tryKey(here.secret)), codeOf(tryKey(there.secret))]).toEqual(['ok', 'ok'])
  authenticator.revoke(here.record.id)
  expect(codeOf(tryKey(here.secret))).toBe('unauthenticated')
  control.putKey({ ...there.record, revokedAt: clock.now() })
  clock.advance(1000)
  expect(codeOf(tryKey(there.secret))).toBe('unauthenticated')
})

test('last use is written in batches and undoes no revocation', () => {
  const { record, secret } = make()
  tryKey(secret)
  expect(control.key(record.id)?.lastUsedAt).toBeNull()
  const usedAt = clock.now()
  control.putKey({ ...record, revokedAt: usedAt })
  clock.advance(60_000)
  expect(control.key(record.id)).toMatchObject({ lastUsedAt: usedAt, revokedAt: usedAt })
})

test('failed tries are limited per address; clients that were good before go on', () => {
  const good = make().secret
  const late = make().secret
  expect(codeOf(tryKey(good))).toBe('ok')
  const forge = () => formatKey(generateKey('live', randomBytes))
  const codes = Array.from({ length: 50 }, () => codeOf(tryKey(forge())))
  expect(codes.filter((code) => code === 'unauthenticated')).toHaveLength(20)
  expect(codes.filter((code) => code === 'rate_limited')).toHaveLength(30)
  expect(codeOf(tryKey(good))).toBe('ok')
  // A guess that happens to be right is not told so.
  expect(codeOf(tryKey(late))).toBe('rate_limited')
  expect(codeOf(tryKey(late, '198.51.100.7'))).toBe('ok')
  clock.advance(1000)
  expect(codeOf(tryKey(late))).toBe('ok')
})

test('the addresses of one IPv6 network are one', () => {
  const forge = () => formatKey(generateKey('live', randomBytes))
  for (let i = 0; i < 20; i += 1) tryKey(forge(), `2001:db8:1:2::${i.toString(16)}`)
  expect(codeOf(tryKey(forge(), '2001:db8:1:2:ffff::1'))).toBe('rate_limited')
  expect(codeOf(tryKey(forge(), '2001:db8:1:3::1'))).toBe('unauthenticated')
  expect(codeOf(tryKey(forge(), '::ffff:192.0.2.9'))).toBe('unauthenticated')
})

test('the first start makes a key, the second does not', () => {
  const first = authenticator.firstKey(null)
  expect(first.origin).toBe('created')
  if (first.origin !== 'created') return
  const result = tryKey(first.secret)
  expect(result).toMatchObject({ ok: true, principal: { project: null } })
  expect(authenticator.firstKey(null)).toEqual({ origin: 'existing' })
})

test('a brought key works, replaces the one brought before, and stays revoked once revoked', () => {
  const one = 'correct horse battery staple one'.replaceAll(' ', '-')
  const two = 'correct horse battery staple two'.replaceAll(' ', '-')
  expect(authenticator.firstKey(one)).toEqual({ origin: 'brought' })
  expect(authenticator.firstKey(one)).toEqual({ origin: 'brought' })
  expect(codeOf(tryKey(one))).toBe('ok')
  expect(authenticator.firstKey(two)).toEqual({ origin: 'brought' })
  expect([codeOf(tryKey(one)), codeOf(tryKey(two))]).toEqual(['unauthenticated', 'ok'])
  expect(authenticator.firstKey(one)).toEqual({ origin: 'brought_revoked' })
  expect(() => authenticator.firstKey('x'.repeat(31))).toThrow(RangeError)
})

test('a brought key may look like a made one', () => {
  const brought = formatKey(generateKey('live', randomBytes))
  authenticator.firstKey(brought)
  expect(codeOf(tryKey(brought))).toBe('ok')
})
