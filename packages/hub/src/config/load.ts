import { existsSync, readFileSync } from 'node:fs'
import { homedir, platform } from 'node:os'
import { join } from 'node:path'
import { type ConfigOutcome, resolveConfig } from './resolve.ts'

/** File that is read when none is named and it is there. */
const DEFAULT_FILE = 'llmhub.json'

/**
 * Reads the configuration of this process: `--config FILE`, else LLMHUB_CONFIG, else ./llmhub.json
 * where it exists; then the environment; then flags (`--set path=value`).
 */
export function loadConfig(
  flags: Readonly<Record<string, string>>,
  configFile?: string,
): ConfigOutcome {
  const named = configFile ?? process.env['LLMHUB_CONFIG']
  const name = named ?? (existsSync(DEFAULT_FILE) ? DEFAULT_FILE : undefined)
  const readFile = (path: string): string => readFileSync(path, 'utf8')
  const base = { environment: process.env, flags, readFile }
  if (name === undefined) return resolveConfig(base)
  try {
    return resolveConfig({ ...base, file: { name, text: readFile(name) } })
  } catch (error) {
    const message = `cannot be read: ${(error as Error).message}`
    return { ok: false, issues: [{ where: name, message }] }
  }
}

/** How the CLI reaches a running hub. */
export interface ClientSettings {
  readonly url: string
  readonly key: string | null
  /** Where the address and the key come from, for messages. */
  readonly urlFrom?: string
  readonly keyFrom?: string | null
  readonly trace?: Trace
  /** Project to speak of, for keys that are bound to none. */
  readonly project?: string
}

/** Is told of a request when it is sent, and then of its status (null without an answer) and its id. */
export type Trace = (
  method: string,
  url: string,
) => (status: number | null, requestId: string | null) => void

/** What the environment says about the hub to talk to. A key is never an argument, where other users could see it. */
export interface ClientEnvironment {
  readonly url: string | null
  readonly context: string | null
  readonly key: string | null
  readonly keyFile: { readonly path: string; readonly key: string } | null
}

/** @throws Error when the file that LLMHUB_KEY_FILE names cannot be read */
export function clientEnvironment(): ClientEnvironment {
  const { env } = process
  const path = env['LLMHUB_KEY_FILE'] ?? null
  const key = env['LLMHUB_KEY'] ?? null
  return {
    url: env['LLMHUB_URL'] ?? null,
    context: env['LLMHUB_CONTEXT'] ?? null,
    key,
    keyFile:
      path === null || key !== null ? null : { path, key: readFileSync(path, 'utf8').trim() },
  }
}

/** Folder for files of this user that programs keep; null where the system names none. */
export function userConfigFolder(): string | null {
  const { env } = process
  const named = platform() === 'win32' ? env['APPDATA'] : env['XDG_CONFIG_HOME']
  if (named !== undefined && named !== '') return named
  const home = homedir()
  return home === '' ? null : join(home, '.config')
}

/** Where programs keep what this user left behind, such as the history of a prompt; null as above. */
export function stateFolder(): string | null {
  const { env } = process
  const named = platform() === 'win32' ? env['LOCALAPPDATA'] : env['XDG_STATE_HOME']
  if (named !== undefined && named !== '') return join(named, 'llmhub')
  const home = homedir()
  return home === '' ? null : join(home, '.local', 'state', 'llmhub')
}

/** The environment for a process that this one starts: without the hub's variables, but with those given. */
export function childEnvironment(given: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !name.startsWith('LLMHUB_'))
  return { ...Object.fromEntries(kept), ...given }
}

/** Whether texts of the terminal are UTF-8, as far as the locale says it. */
export function isUtf8Locale(): boolean {
  const { env } = process
  const locale = [env['LC_ALL'], env['LC_CTYPE'], env['LANG']].find((each) => each)
  // Without any locale of its own most terminals of today are UTF-8 all the same.
  return locale === undefined || /utf-?8/i.test(locale)
}

/** Whether output may be coloured: https://no-color.org. */
export function colorAllowed(): boolean {
  return (process.env['NO_COLOR'] ?? '') === ''
}

/** Size of Node's thread pool, as it was set before Node started; Node's own default is 4. */
export function threadPoolSize(): number {
  return Number(process.env['UV_THREADPOOL_SIZE'] ?? 4)
}

/**
 * Faults that a test harness switches on to prove that it notices: `LLMHUB_SABOTAGE=dedup_off,…`.
 * Each breaks a promise of the hub; the hub says so loudly when one is on.
 */
export const SABOTAGE_SWITCHES = [
  'ack_before_sync',
  'skip_checksum',
  'dedup_off',
  'position_off_by_one',
] as const
export type SabotageSwitch = (typeof SABOTAGE_SWITCHES)[number]

export function sabotageSwitches(): ReadonlySet<SabotageSwitch> {
  const asked = (process.env['LLMHUB_SABOTAGE'] ?? '').split(',')
  return new Set(SABOTAGE_SWITCHES.filter((name) => asked.includes(name)))
}

/** Whether a browser can be opened for the person who started the command. */
export function hasDesktop(platform: NodeJS.Platform): boolean {
  if (platform === 'darwin' || platform === 'win32') return true
  return (process.env['DISPLAY'] ?? process.env['WAYLAND_DISPLAY'] ?? '') !== ''
}
