import { userConfigFolder } from '../../config/load.ts'
import { failed, request } from '../client.ts'
import { maskedKey } from '../connection.ts'
import { type CliContext, connection, format, type GlobalOptions, printJson } from '../context.ts'
import { CONTEXT_NAME, type Contexts, readContexts, writeContexts } from '../contexts-file.ts'
import { CliError, EXIT } from '../exit-codes.ts'
import { printTable } from '../table.ts'

export interface LoginOptions extends GlobalOptions {
  readonly name?: string
}

/**
 * `llmhub login`: asks for the key (or reads it from standard input), tries it, and only then keeps it.
 * The context is the one in use from then on.
 */
export async function login(options: LoginOptions, context: CliContext): Promise<void> {
  const { terminal } = context
  const known = writable()
  // A context that is in use is no answer to which hub to log in to, but a good guess when nobody says.
  const { url } = connection(options)
  const name = options.name ?? nameOf(url)
  if (!CONTEXT_NAME.test(name)) {
    const message = `--name ${name}: expected up to 64 letters, digits and . _ : -`
    throw new CliError(message, EXIT.usage)
  }
  const settings = { url: url.replace(/\/+$/, ''), key: null }
  await mustBeHub(settings.url)
  const key = await secretFrom(context, url)
  const keyFrom = context.askSecret === undefined ? 'standard input' : 'what you typed'
  const tried = await request({ ...settings, key, keyFrom }, 'GET', '/api/v1/semantic')
  if (tried.status !== 200 && tried.status !== 403) throw failed(tried)
  const byName = new Map(known.byName).set(name, { url: settings.url, key })
  writeContexts({ file: known.file, current: name, byName })
  terminal.err(`Key ${maskedKey(key)} is valid. Context ${name} (${settings.url}) is in use.\n`)
  if (tried.status === 403) terminal.err('! The key may not ask questions: it lacks query:read.\n')
  terminal.err('Try it: llmhub query requests.count\n')
}

async function secretFrom(context: CliContext, url: string): Promise<string> {
  const typed =
    context.askSecret === undefined
      ? await context.stdin()
      : await context.askSecret(`Key for ${url} (it is not shown): `)
  const key = typed.trim()
  if (key === '') {
    const message = 'no key was given: pipe it in, as in llmhub login < key.txt'
    throw new CliError(message, EXIT.usage)
  }
  if (/[^\u0021-\u007e]/.test(key)) {
    throw new CliError('that is no key: it has blanks or characters of no key', EXIT.usage)
  }
  return key
}

/** A key is sent only to what is a hub. */
async function mustBeHub(url: string): Promise<void> {
  const response = await request({ url, key: null }, 'GET', '/version')
  const body = response.body as { version?: unknown } | null
  if (response.status !== 200 || typeof body?.version !== 'string') {
    throw new CliError(`${url} answers, but is not a hub: nothing was sent to it`, EXIT.failure)
  }
}

function nameOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host.replaceAll(/[[\]]/g, '') : 'hub'
}

function writable(): Contexts {
  const folder = userConfigFolder()
  if (folder === null) {
    const message = 'there is no folder to keep contexts in: set HOME or XDG_CONFIG_HOME'
    throw new CliError(message, EXIT.config)
  }
  return readContexts(folder)
}

/** The context of this name. @throws CliError when there is none */
function named(name: string, contexts: Contexts): { readonly url: string; readonly key: string } {
  const found = contexts.byName.get(name)
  if (found !== undefined) return found
  const names = [...contexts.byName.keys()].join(', ') || 'none yet'
  throw new CliError(
    `no context is named ${name}; there are: ${names}\nMake one: llmhub login --name ${name}`,
    EXIT.notFound,
  )
}

interface ContextView {
  readonly name: string
  readonly url: string
  readonly key: string
  readonly in_use: boolean
}

function viewOf(name: string, { current, byName }: Contexts): ContextView {
  const { url = '', key = '' } = byName.get(name) ?? {}
  return { name, url, key: maskedKey(key), in_use: name === current }
}

export function contextList(options: GlobalOptions, context: CliContext): void {
  const contexts = readContexts(userConfigFolder())
  const views = [...contexts.byName.keys()].sort().map((name) => viewOf(name, contexts))
  if (format(options, context) === 'json') return printJson(context, views)
  const rows = views.map((each) => [each.name, each.url, each.key, each.in_use ? 'yes' : ''])
  printTable(context.terminal, ['NAME', 'URL', 'KEY', 'IN USE'], rows, { keep: ['NAME', 'URL'] })
  if (views.length === 0)
    context.terminal.err('No contexts yet. Make one: llmhub login --url URL\n')
}

export function contextUse(name: string, context: CliContext): void {
  const contexts = writable()
  const { url } = named(name, contexts)
  writeContexts({ ...contexts, current: name })
  context.terminal.err(`Context ${name} (${url}) is in use.\n`)
}

export function contextShow(
  name: string | undefined,
  options: GlobalOptions,
  context: CliContext,
): void {
  const contexts = readContexts(userConfigFolder())
  const wanted = name ?? contexts.current
  if (wanted === null) {
    const message = 'no context is in use; see llmhub context list, or make one: llmhub login'
    throw new CliError(message, EXIT.notFound)
  }
  named(wanted, contexts)
  const view = viewOf(wanted, contexts)
  if (format(options, context) === 'json') return printJson(context, view)
  context.terminal.out(
    `name    ${view.name}\nurl     ${view.url}\nkey     ${view.key}\nin use  ${view.in_use ? 'yes' : 'no'}\nfile    ${contexts.file}\n`,
  )
}

export function contextRemove(name: string, context: CliContext): void {
  const contexts = writable()
  named(name, contexts)
  const byName = new Map(contexts.byName)
  byName.delete(name)
  const current = contexts.current === name ? null : contexts.current
  writeContexts({ file: contexts.file, current, byName })
  context.terminal.err(
    `Removed ${name}. The key itself is still valid: llmhub keys revoke ends it.\n`,
  )
}
