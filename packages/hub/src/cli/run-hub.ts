import { endProcess } from '../core/end-process.ts'
import type { Hub } from '../hub.ts'
import type { CliContext } from './context.ts'
import { CliError, EXIT } from './exit-codes.ts'

/**
 * Lets a hub run until SIGTERM or SIGINT, or until it fails.
 * @param beside goes on meanwhile; when its signal ends it, the hub waits for it
 * @throws CliError after a failure that another start may mend
 */
export async function runHub(
  hub: Hub,
  { signal, terminal }: CliContext,
  beside: (signal: AbortSignal) => Promise<void> = () => Promise.resolve(),
): Promise<void> {
  const stopAsked = new Promise<null>((resolve) => {
    if (signal.aborted) resolve(null)
    signal.addEventListener('abort', () => resolve(null), { once: true })
  })
  const besideDone = beside(signal)
  const failure = await Promise.race([hub.failed, stopAsked])
  if (failure?.what === 'store_thread' || failure?.what === 'config') {
    await hub.stop()
    throw new CliError(
      failure.error.message,
      failure.what === 'config' ? EXIT.config : EXIT.failure,
    )
  }
  if (failure !== null) {
    // After a failed fsync nobody knows what is on disk: the process ends at once, without touching it again.
    terminal.err(`llmhub: storage failed: ${failure.error.message}\n`)
    endProcess(EXIT.storage)
  }
  terminal.err('llmhub: stopping\n')
  await besideDone
  await hub.stop()
  terminal.err('llmhub: stopped\n')
}
