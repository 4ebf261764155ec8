import { Undecodable } from '../core/intake.ts'
import { decodeJson } from '../receivers/http/decode.ts'

export type JsonBody =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly message: string }

/**
 * Parses the JSON object of a small body under the same rules as events: UTF-8 only, bounded
 * nesting, no key twice and none that reaches prototypes.
 */
export function parseJsonBody(bytes: Buffer): JsonBody {
  const decoded = decodeJson(bytes, {
    maxEvents: 1,
    maxEventBytes: Number.POSITIVE_INFINITY,
    maxDepth: 32,
  })
  if (!decoded.ok) return { ok: false, message: decoded.message }
  const [value] = decoded.events
  if (value instanceof Undecodable) return { ok: false, message: value.message }
  return { ok: true, value }
}
