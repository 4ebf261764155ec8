/**
 * The only file of the client that asks the world for anything. Callers that want every run to be the
 * same give their own `fetch` and `wait`.
 */

/** Resolves after `ms`; rejects with the signal's reason when it is aborted before. */
export function waitFor(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (): void => {
      clearTimeout(timer)
      reject(signal.reason as Error)
    }
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', fail)
      resolve()
    }, ms)
    if (signal.aborted) fail()
    else signal.addEventListener('abort', fail, { once: true })
  })
}

/** Aborted with a `TimeoutError` after `ms`. */
export function deadline(ms: number): AbortSignal {
  return AbortSignal.timeout(ms)
}
