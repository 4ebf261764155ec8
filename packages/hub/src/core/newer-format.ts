/**
 * A file or record of the data folder was written by a newer release. It is refused, never guessed at:
 * what is not understood would be taken for damage and cut, or answered wrongly.
 */
export class NewerFormatError extends Error {
  override readonly name = 'NewerFormatError'
  readonly newerFormat = true
}

/**
 * Whether an error says that something is of a newer release. Told by a property, not by the class,
 * because packages and adapters that know nothing of this one throw such errors too.
 */
export function isNewerFormat(error: unknown): error is Error & { readonly newerFormat: true } {
  return error instanceof Error && 'newerFormat' in error && error.newerFormat === true
}

/** What to run when the data folder needs another release; `latest` where nobody knows which. */
export function commandOf(release = 'latest'): string {
  return `${NPX}${release} serve`
}

const NPX = 'npx @llmhub/hub@'

/** Whether a message says what to run. */
export function saysCommand(message: string): boolean {
  return message.includes(NPX)
}

/** The sentence that ends every refusal: which release to start. */
export function runInstead(release?: string): string {
  const which = release === undefined ? 'the newest release' : 'the oldest release that reads it'
  const others = release === undefined ? '' : ', or a newer one'
  return `run \`${commandOf(release)}\`, ${which}${others}`
}
