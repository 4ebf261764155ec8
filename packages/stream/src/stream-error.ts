/** What can be wrong with a specification, an input or a snapshot. */
export type StreamErrorCode =
  | 'invalid_duration'
  | 'invalid_window'
  | 'invalid_trigger'
  | 'unknown_aggregate'
  | 'invalid_aggregate'
  | 'bad_snapshot'
  | 'invalid_input'
  | 'unknown_option'
  | 'unknown_column'

/**
 * The error of this package: `code` tells programs what is wrong, `message` people what to do, and
 * `path` names the member of the specification, such as `p95.q`, where there is one.
 */
export class StreamError extends Error {
  override readonly name = 'StreamError'
  readonly code: StreamErrorCode
  readonly path: string | undefined

  constructor(code: StreamErrorCode, message: string, path?: string) {
    super(message)
    this.code = code
    this.path = path
  }
}
