import type { CliContext } from './context.ts'

/** Waits, no longer than until the user interrupts. */
export function pause(ms: number, { clock, signal }: CliContext): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      cancel()
      signal.removeEventListener('abort', end)
      resolve()
    }
    const cancel = clock.hold(ms, end)
    signal.addEventListener('abort', end, { once: true })
    if (signal.aborted) end()
  })
}
