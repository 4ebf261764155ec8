/** Edits (insert, delete, replace, swap of neighbours counted as two) between two short texts. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const replace = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(replace, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1))
    }
    row = next
  }
  return row[b.length] ?? 0
}

/**
 * The known name most like `name`, or undefined when none is alike: more than a third of the
 * letters differ and neither is the end or the beginning of the other.
 */
export function nearestName(name: string, known: Iterable<string>): string | undefined {
  if (name.length === 0 || name.length > 100) return undefined
  const asked = name.toLowerCase()
  let best: string | undefined
  let bestDistance = Number.POSITIVE_INFINITY
  for (const candidate of known) {
    const part =
      asked.length > 2 &&
      (candidate.endsWith(`.${asked}`) ||
        candidate.startsWith(`${asked}.`) ||
        candidate.replace(/[._]/gu, '') === asked.replace(/[._]/gu, ''))
    const edits = part ? 1.5 : distance(asked, candidate)
    if (edits < bestDistance) {
      best = candidate
      bestDistance = edits
    }
  }
  const limit = Math.max(2, Math.ceil(name.length / 3))
  return bestDistance <= limit ? best : undefined
}

/** ` Did you mean "x"?`, or nothing. */
export function suggestion(name: string, known: Iterable<string>): string {
  const nearest = nearestName(name, known)
  return nearest === undefined ? '' : ` Did you mean "${nearest}"?`
}
