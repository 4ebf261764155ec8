/**
 * Resolves the configuration: defaults < file < environment < flags. Pure: what was read comes in as
 * arguments, every problem comes out at once, each naming where it stands and what to do.
 */

import { nearestName } from '@llmhub/schema'
import { type Config, envName, OPTIONS, type OptionSpec } from './options.ts'

export type Origin = 'default' | 'file' | 'environment' | 'flag'

export interface ConfigIssue {
  /** Where it was found: the file, the variable or the flag. */
  readonly where: string
  readonly message: string
}

export interface ConfigSources {
  /** Content of the configuration file (JSON), with its name. */
  readonly file?: { readonly name: string; readonly text: string }
  readonly environment: Readonly<Record<string, string | undefined>>
  /** Option path → text, as given by flags. */
  readonly flags: Readonly<Record<string, string>>
  /** Reads the file that a `…_FILE` variable names. */
  readFile(path: string): string
}

export interface Resolved {
  readonly config: Config
  readonly origins: Readonly<Record<string, Origin>>
}

export type ConfigOutcome =
  | { readonly ok: true; readonly resolved: Resolved }
  | { readonly ok: false; readonly issues: readonly ConfigIssue[] }

const BY_PATH: ReadonlyMap<string, OptionSpec> = new Map(OPTIONS.map((spec) => [spec.path, spec]))
const BY_ENV: ReadonlyMap<string, OptionSpec> = new Map(
  OPTIONS.map((spec) => [envName(spec), spec]),
)

/** Variables that the launcher, the command line and tests read; they are not options of the hub. */
const OTHER_VARIABLES = new Set([
  'LLMHUB_NO_RESTART',
  'LLMHUB_CONFIG',
  'LLMHUB_CONTEXT',
  'LLMHUB_KEY',
  'LLMHUB_KEY_FILE',
  'LLMHUB_URL',
  'LLMHUB_SHARED_DATA',
  'LLMHUB_SABOTAGE',
])

type Value = string | number | boolean | null

function parseValue(spec: OptionSpec, raw: unknown): { value: Value } | { problem: string } {
  switch (spec.type) {
    case 'integer':
    case 'number': {
      const text = typeof raw === 'string' ? raw.trim() : raw
      const value = typeof text === 'string' && text !== '' ? Number(text) : text
      if (typeof value !== 'number' || !Number.isFinite(value))
        return { problem: 'expected a number' }
      if (spec.type === 'integer' && !Number.isSafeInteger(value))
        return { problem: 'expected a whole number' }
      if (spec.min !== undefined && value < spec.min)
        return { problem: `${value} is below ${spec.min}` }
      if (spec.max !== undefined && value > spec.max)
        return { problem: `${value} is above ${spec.max}` }
      return { value }
    }
    case 'boolean':
      if (raw === true || raw === 'true' || raw === '1') return { value: true }
      if (raw === false || raw === 'false' || raw === '0') return { value: false }
      return { problem: 'expected true or false' }
    case 'string':
    case 'secret':
      return typeof raw === 'string' ? { value: raw } : { problem: 'expected text' }
  }
}

/** Flattens `{ ingest: { max_tags: 3 } }` to `ingest.max_tags`. */
function flatten(tree: object, prefix: string, out: Map<string, unknown>): void {
  const entries: readonly [string, unknown][] = Object.entries(tree)
  for (const [key, value] of entries) {
    const path = prefix === '' ? key : `${prefix}.${key}`
    if (typeof value === 'object' && value !== null && !Array.isArray(value))
      flatten(value, path, out)
    else out.set(path, value)
  }
}

function unknownName(name: string, known: Iterable<string>): string {
  const hint = nearestName(name, known)
  return hint === null
    ? 'there is no such option'
    : `there is no such option; did you mean ${hint}?`
}

export function resolveConfig(sources: ConfigSources): ConfigOutcome {
  const issues: ConfigIssue[] = []
  const values: Record<string, Value> = {}
  const origins: Record<string, Origin> = {}
  for (const spec of OPTIONS) {
    values[spec.path] = spec.default
    origins[spec.path] = 'default'
  }
  const set = (spec: OptionSpec, raw: unknown, origin: Origin, where: string): void => {
    const parsed = parseValue(spec, raw)
    if ('problem' in parsed) {
      issues.push({ where, message: `${parsed.problem} for ${spec.path}` })
      return
    }
    values[spec.path] = parsed.value
    origins[spec.path] = origin
  }

  if (sources.file !== undefined) readFileSource(sources.file, set, issues)
  for (const [name, text] of Object.entries(sources.environment)) {
    if (!name.startsWith('LLMHUB_') || text === undefined || OTHER_VARIABLES.has(name)) continue
    const spec = BY_ENV.get(name)
    if (spec !== undefined) {
      set(spec, text, 'environment', name)
      continue
    }
    const fromFile = name.endsWith('_FILE') ? BY_ENV.get(name.slice(0, -'_FILE'.length)) : undefined
    if (fromFile === undefined) {
      issues.push({ where: name, message: unknownName(name, BY_ENV.keys()) })
      continue
    }
    try {
      set(fromFile, sources.readFile(text).trim(), 'environment', name)
    } catch (error) {
      issues.push({ where: name, message: `cannot read ${text}: ${(error as Error).message}` })
    }
  }
  for (const [path, text] of Object.entries(sources.flags)) {
    const spec = BY_PATH.get(path)
    if (spec === undefined)
      issues.push({ where: `--set ${path}`, message: unknownName(path, BY_PATH.keys()) })
    else set(spec, text, 'flag', `--set ${path}`)
  }
  issues.push(...checkTogether(values))
  if (issues.length > 0) return { ok: false, issues }
  return { ok: true, resolved: { config: values as unknown as Config, origins } }
}

function readFileSource(
  file: { readonly name: string; readonly text: string },
  set: (spec: OptionSpec, raw: unknown, origin: Origin, where: string) => void,
  issues: ConfigIssue[],
): void {
  let tree: unknown
  try {
    tree = JSON.parse(file.text)
  } catch (error) {
    issues.push({ where: file.name, message: `not valid JSON: ${(error as Error).message}` })
    return
  }
  if (typeof tree !== 'object' || tree === null || Array.isArray(tree)) {
    issues.push({ where: file.name, message: 'expected a JSON object' })
    return
  }
  const flat = new Map<string, unknown>()
  flatten(tree, '', flat)
  for (const [path, raw] of flat) {
    const spec = BY_PATH.get(path)
    if (spec === undefined)
      issues.push({ where: `${file.name}: ${path}`, message: unknownName(path, BY_PATH.keys()) })
    else set(spec, raw, 'file', `${file.name}: ${path}`)
  }
}

const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']

function checkTogether(values: Readonly<Record<string, Value>>): ConfigIssue[] {
  const issues: ConfigIssue[] = []
  const key = values['admin_key']
  if (typeof key === 'string' && key.length < 32) {
    issues.push({ where: 'admin_key', message: 'must have at least 32 characters' })
  }
  if (!LOG_LEVELS.includes(String(values['log_level']))) {
    issues.push({ where: 'log_level', message: `expected one of ${LOG_LEVELS.join(', ')}` })
  }
  return issues
}
