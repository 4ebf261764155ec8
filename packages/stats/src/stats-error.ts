/**
 * What is wrong with an argument:
 *
 * - `not_finite`: a number is NaN or infinite where it must not be
 * - `out_of_range`: a number, or a choice, is outside of what is meant
 * - `length`: arrays or matrices do not fit each other
 * - `too_few`: fewer values than the method needs
 * - `degenerate`: values without the spread, or columns without the independence, that the method needs
 * - `mismatch`: what is to be merged was made with other options
 * - `bad_state`: bytes or a state that `toBytes` or `state()` did not give
 */
export type StatsErrorCode =
  | 'not_finite'
  | 'out_of_range'
  | 'length'
  | 'too_few'
  | 'degenerate'
  | 'mismatch'
  | 'bad_state'

/**
 * The one error of this package, for input that cannot be answered. `path` names the argument as it is called in
 * the signature (`options.confidence`, `x[3]`), the message says what is wrong with it and what would do. It is a
 * RangeError, so that who does not know it understands it too.
 */
export class StatsError extends RangeError {
  readonly code: StatsErrorCode
  readonly path: string

  constructor(code: StatsErrorCode, path: string, message: string) {
    super(`${path}: ${message}`)
    this.name = 'StatsError'
    this.code = code
    this.path = path
  }
}
