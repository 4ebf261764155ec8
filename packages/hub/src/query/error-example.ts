/**
 * Messages of errors as examples: what names a person, a key or a single call is taken out, which also
 * makes messages equal that say the same.
 */

/** Longest example, in characters. */
export const EXAMPLE_LENGTH = 200

/** Looked at beyond the length of an example, so that what is cut is cut after redaction. */
const READ_LENGTH = 2000

/** In this order: what comes first may contain what comes later. */
const REDACTIONS: readonly (readonly [RegExp, string])[] = [
  [/[\p{Cc}\p{Zl}\p{Zp}\s]+/gu, ' '],
  [/\b[a-z][a-z0-9+.-]*:\/\/[^\s"'<>]+/giu, '<url>'],
  [/[\p{L}\d._%+-]+@[\p{L}\d-]+(?:\.[\p{L}\d-]+)+/gu, '<email>'],
  [/\b(bearer|basic)\s+[\w.~+/=-]{8,}/giu, '$1 <secret>'],
  [/\b((?:api[_-]?)?key|token|secret|password)(["']?\s*[=:]\s*["']?)[^\s"',;]+/giu, '$1$2<secret>'],
  [/\b(?:sk|pk|rk|ak|key|ghp|xox[a-z])[-_][\w*-]{6,}/giu, '<secret>'],
  // Long quotations are rather what somebody wrote than what went wrong.
  [/"[^"]{40,}"/gu, '"…"'],
  [/'[^']{40,}'/gu, "'…'"],
  [/\b[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}\b/giu, '<id>'],
  [/\b\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?\b/gu, '<address>'],
  // Runs of letters and digits that are no word: with a digit in them, and long.
  [/\b(?=[\w-]*\d)(?=[\w-]*[a-z])[\w-]{24,}\b/giu, '<id>'],
  [/\b(?:req|run|msg|resp|call|org|proj|user|chatcmpl)[-_](?=[\w-]*\d)[\w-]{6,}\b/giu, '<id>'],
  [/\b(?=[\da-f]*\d)[\da-f]{12,}\b/giu, '<id>'],
  [/\d+\.\d+/gu, '<n>'],
  [/\d{4,}/gu, '<n>'],
]

/** A message without what identifies, at most `EXAMPLE_LENGTH` characters. */
export function exampleOf(message: string): string {
  let text = message.slice(0, READ_LENGTH)
  for (const [pattern, replacement] of REDACTIONS) text = text.replace(pattern, replacement)
  text = text.trim()
  if (text.length <= EXAMPLE_LENGTH) return text
  // A surrogate pair is not cut in half.
  return `${text.slice(0, EXAMPLE_LENGTH - 1).replace(/[\ud800-\udbff]$/u, '')}…`
}
