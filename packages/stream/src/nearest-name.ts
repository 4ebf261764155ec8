/**
 * What somebody may have meant by a name that does not exist: the known one that takes the fewest edits, if they are
 * at most a third of its letters or two; else one of at least five letters that it contains but for two edits, as
 * `allowedLatenes` does `lateness`. Null when none is near.
 */
export function nearestName(name: string, known: Iterable<string>): string | null {
  const names = [...known]
  return (
    nearest(names, Math.max(2, Math.floor(name.length / 3)), (one) => editDistance(name, one)) ??
    nearest(names, 2, (one) =>
      one.length < 5
        ? Number.POSITIVE_INFINITY
        : editsWithin(name.toLowerCase(), one.toLowerCase()),
    )
  )
}

/** Of those at most `most` away the nearest, the first of several. */
function nearest(
  names: readonly string[],
  most: number,
  distance: (name: string) => number,
): string | null {
  let found: string | null = null
  let least = most + 1
  for (const name of names) {
    const away = distance(name)
    if (away >= least) continue
    least = away
    found = name
  }
  return found
}

/** Levenshtein's distance: insertions, deletions and replacements. */
function editDistance(a: string, b: string): number {
  return editRow(a, b, false).at(-1) ?? 0
}

/** Least distance of `part` from any piece of `text` (Sellers 1980): to begin and to end anywhere costs nothing. */
function editsWithin(text: string, part: string): number {
  return Math.min(...editRow(part, text, true))
}

/**
 * The last row of the table of distances: of all of `a` from what `b` begins with. `free`: from any piece of `b` that
 * ends there.
 */
function editRow(a: string, b: string, free: boolean): number[] {
  let previous = Array.from({ length: b.length + 1 }, (_, j) => (free ? 0 : j))
  for (let i = 1; i <= a.length; i++) {
    const current = [i]
    for (let j = 1; j <= b.length; j++) {
      current.push(
        Math.min(
          (previous[j] ?? 0) + 1,
          (current[j - 1] ?? 0) + 1,
          (previous[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1),
        ),
      )
    }
    previous = current
  }
  return previous
}
