import { nearestName } from '@llmhub/schema'

/** Of names that begin with a wrong one, so many are given. */
const MOST_GIVEN = 4

/**
 * For a wrong name: ` Did you mean "x"?` with the nearest known one; else the known names of which it is
 * the first part (`cost` of `cost.total`); else nothing.
 */
export function suggestion(name: string, known: Iterable<string>): string {
  const names = [...known]
  const inside = names.filter((each) => each.startsWith(`${name}.`))
  if (inside.length > 0) {
    const given = inside.slice(0, MOST_GIVEN).map((each) => `"${each}"`)
    const more = inside.length > MOST_GIVEN ? ' and others' : ''
    return ` There ${inside.length === 1 ? 'is' : 'are'} ${given.join(', ')}${more}.`
  }
  const nearest = nearestName(name, names)
  return nearest === null ? '' : ` Did you mean "${nearest}"?`
}
