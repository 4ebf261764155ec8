import { existsSync, readFileSync } from 'node:fs'
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
}

/**
 * `--url`, else LLMHUB_URL, else the configured host and port; the key from LLMHUB_KEY or the file
 * that LLMHUB_KEY_FILE names. A key is never an argument, where other users could see it.
 */
export function clientSettings(
  url: string | undefined,
  host: string,
  port: number,
): ClientSettings {
  const file = process.env['LLMHUB_KEY_FILE']
  const key =
    process.env['LLMHUB_KEY'] ?? (file === undefined ? null : readFileSync(file, 'utf8').trim())
  const shown = host.includes(':') ? `[${host}]` : host
  return { url: url ?? process.env['LLMHUB_URL'] ?? `http://${shown}:${port}`, key }
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
