import { open, rename, rm } from 'node:fs/promises'
import { CliError, EXIT } from './exit-codes.ts'
import type { Terminal } from './output.ts'

/**
 * Writes what comes into a file, which has its name only once it is whole: what a failure leaves
 * behind cannot be taken for it, and is removed. A file of that name is replaced.
 * @param onBytes told how many bytes have come so far
 */
export async function saveChunks(
  chunks: AsyncIterable<Uint8Array>,
  file: string,
  onBytes: (bytes: number) => void = () => {},
): Promise<number> {
  const partial = `${file}.partial`
  let bytes = 0
  try {
    const handle = await open(partial, 'w')
    try {
      for await (const chunk of chunks) {
        await handle.writeFile(chunk)
        bytes += chunk.length
        onBytes(bytes)
      }
      await handle.sync()
    } finally {
      await handle.close()
    }
    await rename(partial, file)
  } catch (error) {
    await rm(partial, { force: true })
    if (error instanceof CliError) throw error
    throw new CliError(`--file ${file}: ${(error as Error).message}`, EXIT.failure)
  }
  return bytes
}

/** Writes text that comes in pieces to standard output, as fast as its reader takes it. */
export async function printChunks(
  chunks: AsyncIterable<Uint8Array>,
  terminal: Terminal,
): Promise<void> {
  const decoder = new TextDecoder()
  for await (const chunk of chunks) {
    terminal.out(decoder.decode(chunk, { stream: true }))
    await terminal.outDrained?.()
  }
  const rest = decoder.decode()
  if (rest !== '') terminal.out(rest)
}
