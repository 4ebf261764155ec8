import { existsSync, globSync, readdirSync, readFileSync } from 'node:fs'
import { join, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { MAX_LINES, RULES, violations } from './layers/rules.ts'
import { sourceFacts } from './layers/source-facts.ts'

const ROOT = fileURLToPath(new URL('..', import.meta.url))

/** Tests, their fixtures, and the suites that ports bring for the tests of their adapters, may do what they need. */
const isTest = (path: string): boolean =>
  /(\.test|\.test-d|[.-]fixture|\/conformance)\.tsx?$/.test(path)

const found = readdirSync(join(ROOT, 'packages'))
  .flatMap((name) => sourcesBelow(`packages/${name}/src`))
  .sort()
const checked = found.filter((path) => !isTest(path))
const facts = checked.map((path) => sourceFacts(path, readFileSync(join(ROOT, path), 'utf8')))

function sourcesBelow(folder: string): string[] {
  if (!existsSync(join(ROOT, folder))) return []
  return readdirSync(join(ROOT, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`
    return entry.isDirectory() ? sourcesBelow(path) : /\.tsx?$/.test(path) ? [path] : []
  })
}

describe('the sources keep the rules', () => {
  it('sees every file there is', () => {
    const onDisk = globSync('packages/*/src/**/*.{ts,tsx}', { cwd: ROOT }).map((path) =>
      path.split(sep).join('/'),
    )
    expect(found).toEqual(onDisk.sort())
    expect(facts).toHaveLength(onDisk.filter((path) => !isTest(path)).length)
    expect(facts.length).toBeGreaterThan(10)
    expect(facts.flatMap(({ imports }) => imports).length).toBeGreaterThan(facts.length / 2)
  })

  for (const { id, reason } of RULES) {
    it(`${id}: ${reason}`, () => {
      const broken = facts.flatMap((one) => violations(one)).filter(({ rule }) => rule === id)
      expect(broken.map(({ message }) => message)).toEqual([])
    })
  }

  it('tests are of bounded length too', () => {
    const long = found
      .filter(isTest)
      .filter((path) => readFileSync(join(ROOT, path), 'utf8').split('\n').length > MAX_LINES + 1)
    expect(long).toEqual([])
  })
})

/** [rule, file, source that breaks it alone, source in the same file that breaks nothing] */
const CASES: readonly (readonly [string, string, string, string])[] = [
  ['package imports', 'stats/src/a.ts', `import x from 'lodash'`, `import x from './b.ts'`],
  ['package imports', 'schema/src/a.ts', `import { x } from '@llmhub/stats'`, `export const x = 1`],
  [
    'package imports',
    'stats/src/a.ts',
    `import { x } from 'node:fs'`,
    `export { x } from './b.ts'`,
  ],
  [
    'package imports',
    'stream/src/a.ts',
    `import type { X } from '@llmhub/schema'`,
    `import { x } from '@llmhub/stats'`,
  ],
  [
    'package imports',
    'stream/src/a.ts',
    `export * from '../../stats/src/index.ts'`,
    `import { x } from '@llmhub/stats'`,
  ],
  [
    'package imports',
    'stream/src/a.ts',
    `type X = import('@llmhub/hub').X`,
    `type X = import('./b.ts').X`,
  ],
  ['package imports', 'novel/src/a.ts', `export const x = 1`, ''],
  ['known place', 'hub/src/plugins/a.ts', `export const x = 1`, ''],
  ['known place', 'hub/src/server.ts', `export const x = 1`, ''],
  [
    'layers',
    'hub/src/core/a.ts',
    `import { x } from '../config/load.ts'`,
    `import { x } from './b.ts'`,
  ],
  [
    'layers',
    'hub/src/log/log.ts',
    `import type { X } from '../ingest/x.ts'`,
    `import { x } from '../core/x.ts'`,
  ],
  [
    'layers',
    'hub/src/log/log.ts',
    `import type { X } from './journal/x.ts'`,
    `import { x } from './operation.ts'`,
  ],
  [
    'layers',
    'hub/src/store/duckdb/a.ts',
    `import { x } from '../../ingest/x.ts'`,
    `import { x } from '../store.ts'`,
  ],
  [
    'layers',
    'hub/src/store/duckdb/a.ts',
    `import { x } from '../../config/x.ts'`,
    `import { x } from '../../log/log.ts'`,
  ],
  [
    'layers',
    'hub/src/ingest/a.ts',
    `const x = import('../log/journal/x.ts')`,
    `import { x } from '../log/log.ts'`,
  ],
  [
    'layers',
    'hub/src/query/a.ts',
    `import { x } from '../api/x.ts'`,
    `import { x } from './plan/x.ts'`,
  ],
  [
    'layers',
    'hub/src/api/a.ts',
    `const x = import('../store/duckdb/x.ts')`,
    `import { x } from '../query/x.ts'`,
  ],
  ['layers', 'hub/src/api/a.ts', `import { x } from '../cli/x.ts'`, `import { x } from './b.ts'`],
  [
    'layers',
    'hub/src/cli/serve.ts',
    `import { x } from '../hub.ts'`,
    `const x = import('../hub.ts')`,
  ],
  [
    'stages apart',
    'hub/src/ingest/a.ts',
    `import type { X } from '../query/x.ts'`,
    `import { x } from './x.ts'`,
  ],
  [
    'adapters apart',
    'hub/src/store/duckdb/a.ts',
    `import { x } from '../postgres/x.ts'`,
    `import { x } from './b.ts'`,
  ],
  [
    'adapters on demand',
    'hub/src/hub.ts',
    `import { x } from './store/duckdb/x.ts'`,
    `const x = import('./store/duckdb/x.ts')`,
  ],
  [
    'adapters on demand',
    'hub/src/store-worker.ts',
    `export * from './store/duckdb/x.ts'`,
    `import type { X } from './store/duckdb/x.ts'`,
  ],
  [
    'named imports',
    'hub/src/hub.ts',
    'const x = import(`./store/${y}.ts`)',
    `const x = import('./store/duckdb/x.ts')`,
  ],
  ['drivers', 'hub/src/api/a.ts', `import x from '@duckdb/node-api'`, `import x from 'fastify'`],
  [
    'drivers',
    'hub/src/query/a.ts',
    `const x = import('node:sqlite')`,
    `import type { X } from 'node:sqlite'`,
  ],
  ['time and randomness', 'hub/src/ingest/a.ts', `const x = Date.now()`, `const x = clock.now()`],
  [
    'time and randomness',
    'hub/src/ingest/a.ts',
    `const x = [1].map(Date.now)`,
    `const x = Date.UTC(1)`,
  ],
  ['time and randomness', 'hub/src/ingest/a.ts', `const x = new Date()`, `const x = new Date(1)`],
  ['time and randomness', 'hub/src/ingest/a.ts', `const x = Date()`, `const x = Date.parse('')`],
  [
    'time and randomness',
    'hub/src/ingest/a.ts',
    `const x = performance['now']()`,
    `const x = clock.monotonic()`,
  ],
  ['time and randomness', 'hub/src/ingest/a.ts', `setTimeout(f, 1)`, `clock.after(1, f)`],
  [
    'time and randomness',
    'hub/src/ingest/a.ts',
    `globalThis.setInterval(f, 1)`,
    `clock.setInterval(f, 1)`,
  ],
  [
    'time and randomness',
    'hub/src/ingest/a.ts',
    `const x = AbortSignal.timeout(1)`,
    `const x = AbortSignal.abort()`,
  ],
  [
    'time and randomness',
    'hub/src/ingest/a.ts',
    `import { setTimeout as s } from 'node:timers/promises'`,
    `import 'node:fs'`,
  ],
  [
    'time and randomness',
    'hub/src/core/clock.ts',
    `const x = Math.random()`,
    `const x = Date.now()`,
  ],
  [
    'time and randomness',
    'stats/src/bandit/a.ts',
    `const { random } = Math`,
    `const { sqrt } = Math`,
  ],
  ['time and randomness', 'hub/src/main.ts', `const { env } = process`, `const { argv } = process`],
  [
    'time and randomness',
    'hub/src/main.ts',
    `const x = process.env.HOME`,
    `const x = process.argv`,
  ],
  [
    'module state',
    'stats/src/a.ts',
    `export let x = 1`,
    `export function f() { let x = 1; return x }`,
  ],
  ['no barrels', 'hub/src/query/index.ts', `export { x } from './x.ts'`, ''],
  ['no drawers', 'hub/src/core/utils.ts', `export const x = 1`, ''],
  ['no drawers', 'stats/src/common/a.ts', `export const x = 1`, ''],
  ['file length', 'stats/src/a.ts', '\n'.repeat(MAX_LINES + 1), '\n'.repeat(MAX_LINES)],
]

describe('the rules fire', () => {
  const fired = (file: string, source: string): string[] => [
    ...new Set(violations(sourceFacts(`packages/${file}`, source)).map(({ rule }) => rule)),
  ]

  it.each(CASES)('%s: %s: %j', (rule, file, bad, good) => {
    expect(fired(file, bad)).toContain(rule)
    expect(good === '' ? [] : fired(file, good)).toEqual([])
  })

  it('all of them', () => {
    expect(new Set(CASES.map(([rule]) => rule))).toEqual(new Set(RULES.map(({ id }) => id)))
  })

  it('does not pass over what it cannot read', () => {
    expect(() => sourceFacts('packages/stats/src/a.ts', 'import {')).toThrow(
      'packages/stats/src/a.ts',
    )
  })
})
