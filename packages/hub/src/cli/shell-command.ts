/** Words as a command line that a shell takes apart into the same words. */
export function shellCommand(words: readonly string[]): string {
  const quoted = words.map((word) =>
    /^[\w./:,+-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`,
  )
  return quoted.join(' ')
}
