import { crc32 } from 'node:zlib'

/**
 * Keys look like `lah_<env>_<id>_<secret><crc>`: `env` 1 to 16 of a–z and 0–9; `id` 12, `secret` 43
 * (256 bits) and `crc` 6 base62 digits, the last set off by an underscore. The checksum lets secret
 * scanners and this hub tell a key from noise without looking anything up.
 */
export interface KeyParts {
  readonly environment: string
  readonly id: string
  readonly secret: string
}

const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const SHAPE = /^lah_([a-z0-9]{1,16})_([0-9A-Za-z]{12})_([0-9A-Za-z]{43})_([0-9A-Za-z]{6})$/

export type RandomBytes = (size: number) => Uint8Array

/** A new key. `randomBytes` must be cryptographically strong. */
export function generateKey(environment: string, randomBytes: RandomBytes): KeyParts {
  return {
    environment,
    // 12 digits hold 71 bits; 8 bytes fill them without a bias that matters for an identifier.
    id: base62(randomBytes(8), 12),
    secret: base62(randomBytes(32), 43),
  }
}

export function formatKey(parts: KeyParts): string {
  const text = `lah_${parts.environment}_${parts.id}_${parts.secret}`
  return `${text}_${checksum(text)}`
}

/** The parts of a key, or null when the text is none or its checksum is wrong. */
export function parseKey(text: string): KeyParts | null {
  const match = SHAPE.exec(text)
  if (match === null) return null
  const [, environment, id, secret, crc] = match
  if (environment === undefined || id === undefined || secret === undefined) return null
  return checksum(text.slice(0, -7)) === crc ? { environment, id, secret } : null
}

function checksum(text: string): string {
  return digits(BigInt(crc32(text)), 6)
}

/** The bytes as one number in base 62, padded to `length` digits. */
function base62(bytes: Uint8Array, length: number): string {
  return digits(BigInt(`0x${Buffer.from(bytes).toString('hex')}`), length)
}

function digits(value: bigint, length: number): string {
  let text = ''
  for (let rest = value; text.length < length; rest /= 62n) {
    text = (DIGITS[Number(rest % 62n)] ?? '') + text
  }
  return text
}
