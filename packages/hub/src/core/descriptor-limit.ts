/**
 * How many files and sockets this process may have open at once (`ulimit -n`; Node raises the soft
 * limit to the hard one), or null where there is no limit or the system does not say.
 * Cost: about 10 ms, once.
 */
export function descriptorLimit(): number | null {
  const report: typeof process.report & { excludeNetwork?: boolean } = process.report
  const { excludeNetwork = false } = report
  // Without this the report looks up the names of all connections.
  report.excludeNetwork = true
  try {
    const { userLimits } = report.getReport() as { userLimits?: UserLimits }
    const soft = userLimits?.open_files?.soft
    return typeof soft === 'number' ? soft : null
  } finally {
    report.excludeNetwork = excludeNetwork
  }
}

interface UserLimits {
  readonly open_files?: { readonly soft?: number | string }
}
