import { describe, expect, it } from 'vitest'
import { envName, OPTIONS } from './options.ts'
import { type ConfigSources, resolveConfig } from './resolve.ts'

const none: ConfigSources = {
  environment: {},
  flags: {},
  readFile: (path) => {
    throw new Error(`no file ${path}`)
  },
}

function issuesOf(sources: Partial<ConfigSources>): string[] {
  const outcome = resolveConfig({ ...none, ...sources })
  return outcome.ok ? [] : outcome.issues.map((issue) => `${issue.where}: ${issue.message}`)
}

describe('configuration', () => {
  it('takes flags over environment over file over defaults, and says so', () => {
    const outcome = resolveConfig({
      ...none,
      file: { name: 'llmhub.json', text: '{"port": 1, "ingest": {"max_tags": 5}, "host": "::1"}' },
      environment: { LLMHUB_PORT: '2', LLMHUB_HOST: '127.0.0.2', PATH: '/bin' },
      flags: { port: '3' },
    })
    expect(outcome).toMatchObject({
      ok: true,
      resolved: {
        config: { port: 3, host: '127.0.0.2', 'ingest.max_tags': 5, 'log.compress': true },
        origins: {
          port: 'flag',
          host: 'environment',
          'ingest.max_tags': 'file',
          'log.compress': 'default',
        },
      },
    })
  })

  it('reads a secret from the file that a _FILE variable names', () => {
    const key = 'k'.repeat(32)
    const outcome = resolveConfig({
      ...none,
      environment: { LLMHUB_ADMIN_KEY_FILE: '/run/secrets/key' },
      readFile: () => `${key}\n`,
    })
    expect(outcome).toMatchObject({ ok: true, resolved: { config: { admin_key: key } } })
  })

  it.each<[Partial<ConfigSources>, string]>([
    [{ file: { name: 'f', text: '{' } }, 'f: not valid JSON'],
    [{ file: { name: 'f', text: '[]' } }, 'f: expected a JSON object'],
    [
      { file: { name: 'f', text: '{"prot": 1}' } },
      'f: prot: there is no such option; did you mean port?',
    ],
    [{ file: { name: 'f', text: '{"port": "x"}' } }, 'f: port: expected a number for port'],
    [{ file: { name: 'f', text: '{"port": 70000}' } }, 'f: port: 70000 is above 65535 for port'],
    [{ file: { name: 'f', text: '{"port": 1.5}' } }, 'f: port: expected a whole number for port'],
    [
      { environment: { LLMHUB_PRT: '1' } },
      'LLMHUB_PRT: there is no such option; did you mean LLMHUB_PORT?',
    ],
    [
      { environment: { LLMHUB_LOG_COMPRESS: 'yes' } },
      'LLMHUB_LOG_COMPRESS: expected true or false',
    ],
    [{ environment: { LLMHUB_ADMIN_KEY: 'short' } }, 'admin_key: must have at least 32 characters'],
    [
      { environment: { LLMHUB_ADMIN_KEY_FILE: '/nowhere' } },
      'LLMHUB_ADMIN_KEY_FILE: cannot read /nowhere',
    ],
    [
      { flags: { 'log.level': 'info' } },
      '--set log.level: there is no such option; did you mean log_level?',
    ],
    [{ flags: { log_level: 'loud' } }, 'log_level: expected one of fatal'],
  ])('names the problem of %j', (sources, message) => {
    expect(issuesOf(sources).join('\n')).toContain(message)
  })

  it('reports every problem at once', () => {
    expect(issuesOf({ environment: { LLMHUB_PORT: 'x', LLMHUB_STORE_THREADS: '0' } })).toHaveLength(
      2,
    )
  })

  it('has an option and a variable name only once, and defaults that pass their own checks', () => {
    expect(new Set(OPTIONS.map((spec) => spec.path)).size).toBe(OPTIONS.length)
    expect(new Set(OPTIONS.map(envName)).size).toBe(OPTIONS.length)
    const flags = Object.fromEntries(
      OPTIONS.filter((spec) => spec.default !== null).map((spec) => [
        spec.path,
        String(spec.default),
      ]),
    )
    expect(issuesOf({ flags })).toEqual([])
  })
})
