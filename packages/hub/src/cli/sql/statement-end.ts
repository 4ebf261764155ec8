/**
 * Where a statement ends, for a prompt that reads line by line: at the first semicolon outside of
 * texts, quoted names and comments. Only to know when to send; what is a statement the hub decides.
 *
 * @returns the index behind that semicolon, or null when the statement goes on
 */
export function statementEnd(text: string): number | null {
  let i = 0
  while (i < text.length) {
    const rest = text.slice(i)
    const skipped = skippedBy(rest)
    if (skipped === null) return null
    if (skipped > 0) {
      i += skipped
      continue
    }
    if (text[i] === ';') return i + 1
    i++
  }
  return null
}

/** Length of the text, quoted name or comment that begins here; 0 for anything else, null when it does not end. */
function skippedBy(rest: string): number | null {
  if (rest.startsWith('--')) return lengthTo(rest, '\n', 2)
  if (rest.startsWith('/*')) return lengthTo(rest, '*/', 2)
  const quote = rest[0]
  if (quote === "'" || quote === '"') return lengthTo(rest, quote, 1)
  const dollar = /^\$[A-Za-z_]*\$/.exec(rest)?.[0]
  return dollar === undefined ? 0 : lengthTo(rest, dollar, dollar.length)
}

function lengthTo(rest: string, end: string, from: number): number | null {
  const at = rest.indexOf(end, from)
  return at === -1 ? null : at + end.length
}

/** Whether nothing but space and comments is there. */
export function isBlank(text: string): boolean {
  return text.replaceAll(/--[^\n]*(?:\n|$)|\/\*[^]*?\*\//g, '').trim() === ''
}
