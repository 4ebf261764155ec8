import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { lockFolder } from '../core/folder-lock.ts'
import { type GlobalOptions, resolvedConfig } from './context.ts'
import { CliError, EXIT } from './exit-codes.ts'

/**
 * Runs `work` on a part of the data folder while holding the folder's lock, so that no hub writes
 * meanwhile.
 * @param part file or folder in the data folder that has to be there
 * @param otherwise what to do instead while a hub runs
 */
export async function onLockedFolder<T>(
  options: GlobalOptions,
  part: 'log' | 'control.sqlite',
  otherwise: string,
  work: (path: string) => Promise<T>,
): Promise<T> {
  const { config } = resolvedConfig(options)
  const path = join(config.data_dir, part)
  if (!existsSync(path)) {
    throw new CliError(
      `${config.data_dir} holds no ${part}; name another folder with --set data_dir=…`,
      EXIT.notFound,
    )
  }
  const taken = lockFolder(config.data_dir)
  if (!taken.ok) {
    throw new CliError(`${taken.message}\nStop the hub first, or ${otherwise}`, EXIT.conflict)
  }
  try {
    return await work(path)
  } finally {
    taken.lock.release()
  }
}
