import { nearestName } from './nearest-name.ts'
import { StreamError, type StreamErrorCode } from './stream-error.ts'

/**
 * Checks of what callers hand over, who may write JavaScript or read JSON: each throws a StreamError that names the
 * place, says what is there and what would do.
 */

/** What is wrong at a place. */
export function invalidInput(path: string, problem: string): StreamError {
  return new StreamError('invalid_input', `${path}: ${problem}`, path)
}

/** As people would write it, shortened. */
export function shown(value: unknown): string {
  if (typeof value === 'string') return `'${value.length > 40 ? `${value.slice(0, 40)}…` : value}'`
  if (typeof value === 'function') return 'a function'
  if (Array.isArray(value)) return 'a list'
  return typeof value === 'object' && value !== null ? 'an object' : String(value)
}

/**
 * An object with no other members than `known`, the options of `what`: a misspelt one must not be a default in
 * silence. Instances of classes may have members of their own. `code` is for what is no object; `path` names its
 * place, '' where it is the argument itself.
 */
export function checkOptions(
  options: unknown,
  what: string,
  known: readonly string[],
  path = '',
  code: StreamErrorCode = 'invalid_input',
): void {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    const place = path === '' ? 'options' : path
    const problem = `${shown(options)} is no object of options of ${what}; there are ${known.join(', ')}`
    throw new StreamError(code, `${place}: ${problem}`, place)
  }
  const prototype: unknown = Object.getPrototypeOf(options)
  if (prototype !== Object.prototype && prototype !== null) return
  for (const member of Object.keys(options)) {
    if (known.includes(member)) continue
    const place = path === '' ? member : `${path}.${member}`
    const problem = `there is no such option of ${what}; ${nameHint(member, known)}`
    throw new StreamError('unknown_option', `${place}: ${problem}`, place)
  }
}

/** Whether it is a list, of whatever: as a question that leaves the type of the value alone. */
export function isList(value: unknown): boolean {
  return Array.isArray(value)
}

export function checkFunction(value: unknown, path: string, example: string): void {
  if (typeof value === 'function') return
  throw invalidInput(path, `${shown(value)} is no function, such as ${example}`)
}

/** A whole number from `least` on; or infinite, which is no limit. */
export function checkLimit(value: number, least: number, path: string): void {
  if (value === Number.POSITIVE_INFINITY) return
  if (Number.isSafeInteger(value) && value >= least) return
  throw invalidInput(path, `${shown(value)} is no limit: a whole number from ${least} on`)
}

export function checkUnit(unit: unknown, path = 'unit'): void {
  if (unit === 'ms' || unit === 'us') return
  throw invalidInput(path, `${shown(unit)} is no unit of time: 'ms' or 'us'`)
}

/** One of a few words. */
export function checkWord(value: unknown, words: readonly string[], path: string): void {
  if (typeof value === 'string' && words.includes(value)) return
  throw invalidInput(path, `${shown(value)} is none of ${words.join(', ')}`)
}

/** A list of names of columns. */
export function checkNames(names: unknown, path: string): void {
  if (!Array.isArray(names)) {
    throw invalidInput(path, `${shown(names)} is no list of names of columns`)
  }
  for (const [i, name] of names.entries()) checkName(name, `${path}[${i}]`)
}

export function checkName(name: unknown, path: string): void {
  if (typeof name === 'string' && name !== '') return
  throw invalidInput(path, `${shown(name)} is no name of a column`)
}

/** That columns of a place are among the known ones; null where these are not known. */
export function checkColumns(
  names: readonly string[],
  known: readonly string[] | null,
  path: string,
): void {
  const name = known === null ? undefined : names.find((one) => !known.includes(one))
  if (name === undefined || known === null) return
  const problem = `there is no column '${name}' here; ${nameHint(name, known)}`
  throw new StreamError('unknown_column', `${path}: ${problem}`, path)
}

/** What to write in place of a name that there is not. */
export function nameHint(name: string, known: readonly string[]): string {
  const near = nearestName(name, known)
  return near === null ? `there are ${known.join(', ')}` : `did you mean '${near}'?`
}
