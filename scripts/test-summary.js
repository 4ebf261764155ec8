/**
 * The closing lines of a test run and its exit code: 0 only when tests ran, none failed, and vitest
 * itself ended well.
 * @param {{ passed: number, failed: number, skipped: { name: string, reason?: string }[], broken: string[] } | undefined} report
 * @param {number} code vitest's exit code
 * @returns {{ lines: string[], code: number }}
 */
export function summary(report, code) {
  if (report === undefined) {
    return {
      lines: [`vitest ended with exit code ${code} before its report`, '0 passed, 1 failed'],
      code: code || 1,
    }
  }
  const { passed, skipped, broken } = report
  const lines = [
    ...skipped.map(
      ({ name, reason }) =>
        `skipped: ${name}: ${reason ?? 'gave no reason (say context.skip(reason))'}`,
    ),
    ...broken.map((what) => `failed outside a test: ${what}`),
  ]
  let failed = report.failed
  if (passed + failed === 0) {
    lines.push('no test ran')
    failed = 1
  } else if (code !== 0 && failed === 0) {
    lines.push(`vitest ended with exit code ${code} though no test failed`)
    failed = 1
  }
  const last = `${passed} passed, ${failed} failed`
  lines.push(skipped.length === 0 ? last : `${last}, ${skipped.length} skipped`)
  return { lines, code: failed === 0 ? 0 : code || 1 }
}
