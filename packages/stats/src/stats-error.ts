/** What is wrong with an input: the codes of `StatsError`. */
export type StatsErrorCode =
  | 'empty'
  | 'length_mismatch'
  | 'not_finite'
  | 'out_of_range'
  | 'too_short'
  | 'too_irregular'
  | 'singular'

/**
 * An input that cannot be worked with. `code` is for programs, `path` names the argument
 * (`options.period`), and the message says what was found and what would do.
 */
export class StatsError extends RangeError {
  override readonly name = 'StatsError'
  readonly code: StatsErrorCode
  readonly path: string

  constructor(code: StatsErrorCode, path: string, message: string) {
    super(`${path}: ${message}`)
    this.code = code
    this.path = path
  }
}
