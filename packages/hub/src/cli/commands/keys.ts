import { randomBytes } from 'node:crypto'
import type { Schemas } from '@llmhub/client'
import { Authenticator } from '../../auth/authenticator.ts'
import { hubAt } from '../client.ts'
import { confirm } from '../confirm.ts'
import { type CliContext, connection, format, type GlobalOptions, printJson } from '../context.ts'
import { CliError, EXIT } from '../exit-codes.ts'
import { utcTime } from '../formats.ts'
import { onLockedFolder } from '../locked-folder.ts'
import { printTable } from '../table.ts'

export async function keysList(options: GlobalOptions, context: CliContext): Promise<void> {
  const { keys } = await hubAt(connection(options)).call('GET /api/v1/keys')
  if (format(options, context) !== 'table') {
    printJson(context, keys)
    return
  }
  const state = (key: Schemas['Key']): string =>
    key.revoked_at === null ? 'active' : `revoked ${utcTime(key.revoked_at)}`
  const rows = keys.map((key) => [
    key.id,
    key.name,
    key.project ?? '(all)',
    key.permissions.join(' '),
    utcTime(key.last_used_at ?? 'never'),
    state(key),
  ])
  const head = ['ID', 'NAME', 'PROJECT', 'PERMISSIONS', 'LAST USED', 'STATE']
  printTable(context.terminal, head, rows, { keep: ['ID'] })
}

export interface KeyCreateOptions extends GlobalOptions {
  readonly project?: string
  readonly permission?: readonly string[]
  readonly expires?: string
}

/** Shows the key once, on stdout alone, so that it can be piped into a secret store. */
export async function keysCreate(
  name: string,
  options: KeyCreateOptions,
  context: CliContext,
): Promise<void> {
  const body = {
    name,
    // The hub says which permissions there are, and better than a type could.
    permissions: (options.permission ?? ['ingest:write']) as Schemas['NewKey']['permissions'],
    ...(options.project === undefined ? {} : { project: options.project }),
    ...(options.expires === undefined ? {} : { expires_at: options.expires }),
  }
  const { key } = await hubAt(connection(options)).call('POST /api/v1/keys', { body })
  context.terminal.err('The key, shown this once:\n')
  context.terminal.out(`${key ?? ''}\n`)
}

export interface RevokeOptions extends GlobalOptions {
  readonly yes?: boolean
  readonly dryRun?: boolean
}

export async function keysRevoke(
  id: string,
  options: RevokeOptions,
  context: CliContext,
): Promise<void> {
  const hub = hubAt(connection(options))
  if (options.dryRun === true) {
    const { keys } = await hub.call('GET /api/v1/keys')
    const key = keys.find((each) => each.id === id)
    if (key === undefined) throw new CliError(`there is no key ${id}`, EXIT.notFound)
    const used = key.last_used_at === null ? 'never used' : `last used ${utcTime(key.last_used_at)}`
    context.terminal.err(
      `Would revoke ${id} (${key.name}, ${used}); senders that use it would get 401.\n`,
    )
    return
  }
  await confirm(
    { what: `revoking ${id} cuts off every sender that uses it`, word: id },
    options,
    context,
  )
  await hub.call('DELETE /api/v1/keys/{id}', { params: { id } })
  context.terminal.err(`Revoked ${id}.\n`)
}

export interface ResetOptions extends GlobalOptions {
  readonly yes?: boolean
  readonly dryRun?: boolean
}

/**
 * The way back in when no admin key is known: on the folder of a stopped hub, revokes the keys that
 * may do everything in all projects and makes a new one. Keys of senders and readers stay.
 * @param version release that opens the control store
 */
export async function keysReset(
  options: ResetOptions,
  context: CliContext,
  version: string,
): Promise<void> {
  const dryRun = options.dryRun === true
  if (!dryRun) {
    const what = 'this revokes every key that may do everything and makes a new one'
    await confirm({ what, word: 'reset' }, options, context)
  }
  const instead = 'use a key that still works: llmhub keys create'
  const secret = await onLockedFolder(options, 'control.sqlite', instead, async (file) => {
    const { openSqliteControl } = await import('../../control/sqlite/sqlite-control.ts')
    const control = openSqliteControl({ file, writer: version })
    const authenticator = new Authenticator({ control, clock: context.clock, randomBytes })
    try {
      for (const key of control.keys()) {
        if (key.project !== null || key.revokedAt !== null) continue
        if (!key.permissions.includes('admin')) continue
        if (dryRun) {
          context.terminal.err(`Would revoke ${key.id} (${key.name}).\n`)
          continue
        }
        authenticator.revoke(key.id)
        context.terminal.err(`Revoked ${key.id} (${key.name}).\n`)
      }
      if (dryRun) return null
      const { secret: made } = authenticator.create({
        name: 'made by a reset',
        project: null,
        permissions: ['admin'],
        expiresAt: null,
      })
      return made
    } finally {
      authenticator.close()
      control.close()
    }
  })
  if (secret === null) {
    context.terminal.err('Would make a new key. Nothing was changed.\n')
    return
  }
  context.terminal.err('The new key, shown this once:\n')
  context.terminal.out(`${secret}\n`)
}
