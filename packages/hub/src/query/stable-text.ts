/** Equal values have equal texts; bigints are told from numbers. */
export function stableText(value: unknown): string {
  return JSON.stringify(value, (_, each: unknown) => {
    if (typeof each === 'bigint') return `${each}n`
    if (typeof each === 'object' && each !== null && !Array.isArray(each)) {
      return Object.fromEntries(Object.entries(each).sort(([a], [b]) => (a < b ? -1 : 1)))
    }
    return each
  })
}
