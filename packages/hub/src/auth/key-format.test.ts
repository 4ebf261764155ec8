import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { formatKey, generateKey, parseKey } from './key-format.ts'

test('a key has the published shape', () => {
  const text = formatKey(generateKey('live', randomBytes))
  expect(text).toMatch(/^lah_live_[0-9A-Za-z]{12}_[0-9A-Za-z]{43}_[0-9A-Za-z]{6}$/)
})

test('the secret holds all 256 bits', () => {
  const largest = generateKey('live', (size) => new Uint8Array(size).fill(255))
  const smallest = generateKey('live', (size) => new Uint8Array(size))
  expect(smallest.secret).toBe('0'.repeat(43))
  expect(largest.secret).toHaveLength(43)
  expect(largest.secret.startsWith('0')).toBe(false)
})

test('parse is the inverse of format', () => {
  const bytes = (size: number) => fc.uint8Array({ minLength: size, maxLength: size })
  fc.assert(
    fc.property(bytes(8), bytes(32), fc.stringMatching(/^[a-z0-9]{1,16}$/), (id, secret, env) => {
      const parts = generateKey(env, (size) => (size === 8 ? id : secret))
      expect(parseKey(formatKey(parts))).toEqual(parts)
    }),
  )
})

test('any one character changed is noticed without looking anything up', () => {
  const text = formatKey(generateKey('live', randomBytes))
  for (let at = 0; at < text.length; at += 1) {
    const other = text[at] === 'a' ? 'b' : 'a'
    expect(parseKey(text.slice(0, at) + other + text.slice(at + 1))).toBeNull()
  }
  for (const other of ['', 'lah', ` ${text}`, `${text} `, `${text}\n`]) {
    expect(parseKey(other)).toBeNull()
  }
})
