/** Exit codes of every command; documented in `llmhub --help` and docs/guide/cli.md. */
export const EXIT = {
  ok: 0,
  failure: 1,
  usage: 2,
  auth: 4,
  unreachable: 5,
  notFound: 6,
  conflict: 7,
  /** Done, but some rows or parts were not. */
  partial: 8,
  /** Storage failed or is damaged (sysexits EX_TEMPFAIL). */
  storage: 75,
  /** The configuration is wrong (sysexits EX_CONFIG). */
  config: 78,
  interrupted: 130,
} as const

/** Ends a command with a message for people: what happened, why, what to do. */
export class CliError extends Error {
  override readonly name = 'CliError'
  readonly exitCode: number

  constructor(message: string, exitCode: number = EXIT.failure) {
    super(message)
    this.exitCode = exitCode
  }
}
