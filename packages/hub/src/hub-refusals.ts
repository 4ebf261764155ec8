/**
 * Steps of the start that can end it with a sentence for the person who started it: a person has to mend
 * something, and starting again does not help.
 */

import type { Server } from './api/server.ts'
import type { Config } from './config/options.ts'
import { newer, type Refused } from './core/refused.ts'
import type { StoreRefusal } from './store/client.ts'

/** A file that this release must not touch; a migration that fails is the storage's trouble. */
export function refusalOf({ refused, message }: StoreRefusal): Refused {
  return refused === 'newer' ? newer(message) : { ok: false, reason: 'storage', message }
}

/** What the system says of an address that cannot be listened on, as something a person can mend. */
const ADDRESS_PROBLEMS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'is in use by another program; stop that one, or choose another with --set port=…',
  EACCES: 'is not ours to listen on (ports below 1024 need a privilege); choose another port',
  EADDRNOTAVAIL: 'is no address of this machine; choose another with --set host=…',
  ENOTFOUND: 'is no known name; choose another with --set host=…',
}

/** An address that is taken or not ours is the configuration's fault: starting again does not help. */
export async function listen(
  server: Server,
  { host, port }: Config,
): Promise<
  { readonly ok: true; readonly address: Awaited<ReturnType<Server['listen']>> } | Refused
> {
  try {
    return { ok: true, address: await server.listen(host, port) }
  } catch (error) {
    const problem = ADDRESS_PROBLEMS[(error as NodeJS.ErrnoException).code ?? '']
    if (problem === undefined) throw error
    return { ok: false, reason: 'config', message: `${host}:${port} ${problem}` }
  }
}
