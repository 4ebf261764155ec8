import { nearestName } from '@llmhub/schema'

/** ` Did you mean "x"?` for the known name nearest to a wrong one, or nothing. */
export function suggestion(name: string, known: Iterable<string>): string {
  const nearest = nearestName(name, known)
  return nearest === null ? '' : ` Did you mean "${nearest}"?`
}
