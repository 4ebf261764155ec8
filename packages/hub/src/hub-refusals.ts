/**
 * Steps of the start that can end it with a sentence for the person who started it: a person has to mend
 * something, and starting again does not help.
 */

import { readFile } from 'node:fs/promises'
import type { Server } from './api/server.ts'
import type { Config } from './config/options.ts'
import type { Control } from './control/control.ts'
import { MigrationError } from './core/migrations.ts'
import { isNewerFormat, runInstead, saysCommand } from './core/newer-format.ts'
import type { OverrideJson } from './ingest/price-book.ts'
import { parseOverrides } from './ingest/price-override.ts'
import type { StoreRefusal } from './store/client.ts'

/** `storage`: the data folder is damaged or cannot be used; `config`: mend the configuration. */
export interface Refused {
  readonly ok: false
  readonly reason: 'storage' | 'config'
  readonly message: string
}

/** A newer release wrote something: the message of a file that does not say which ends with the newest. */
export function newer(message: string): Refused {
  return {
    ok: false,
    reason: 'config',
    message: saysCommand(message) ? message : `${message}; ${runInstead()}`,
  }
}

/** A file that this release must not touch; a migration that fails is the storage's trouble. */
export function refusalOf({ refused, message }: StoreRefusal): Refused {
  return refused === 'newer' ? newer(message) : { ok: false, reason: 'storage', message }
}

/** Opens the control store; one of a newer release, or that is none, is said and left as it is. */
export async function openControl(
  file: string,
  writer: string,
): Promise<{ readonly ok: true; readonly control: Control } | Refused> {
  const { openSqliteControl } = await import('./control/sqlite/sqlite-control.ts')
  try {
    return { ok: true, control: openSqliteControl({ file, writer }) }
  } catch (error) {
    if (isNewerFormat(error)) return newer(error.message)
    if (error instanceof MigrationError) {
      return { ok: false, reason: 'storage', message: error.message }
    }
    if (!(error instanceof Error && 'errcode' in error)) throw error
    return { ok: false, reason: 'storage', message: `${file} cannot be opened: ${error.message}` }
  }
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

/** The configured file of prices; none is one without prices. */
export async function readOverrides(
  path: string | null,
): Promise<{ readonly ok: true; readonly overrides: OverrideJson } | Refused> {
  if (path === null) return { ok: true, overrides: {} }
  const refusal = (why: string): Refused => {
    return { ok: false, reason: 'config', message: `prices.overrides ${path}${why}` }
  }
  try {
    const json: unknown = JSON.parse(await readFile(path, 'utf8'))
    const overrides = parseOverrides(json)
    if (overrides.issues.length === 0) return { ok: true, overrides: json as OverrideJson }
    const issues = overrides.issues
      .slice(0, 10)
      .map(({ path: at, message }) => `  ${at}: ${message}`)
    return refusal(`:\n${issues.join('\n')}`)
  } catch (error) {
    return refusal(`: ${(error as Error).message}`)
  }
}
