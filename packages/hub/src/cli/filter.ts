import { parseFilterText, type TextFilter } from '../query/where-text.ts'
import { CliError, EXIT } from './exit-codes.ts'

/** The filter of a `--where`. */
export function filterOf(text: string): TextFilter {
  const parsed = parseFilterText(text)
  if (parsed.ok) return parsed.filter
  throw new CliError(`--where ${text}: ${parsed.message}`, EXIT.usage)
}
