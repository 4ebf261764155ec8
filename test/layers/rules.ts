import { posix } from 'node:path'
import { HUB, type Layer, placeOf } from './layer.ts'
import type { AmbientUse, Import, SourceFacts } from './source-facts.ts'

export interface Violation {
  readonly rule: string
  readonly path: string
  readonly line: number
  readonly message: string
}

interface Rule {
  readonly id: string
  /** Why the rule is there: shown with every violation. */
  readonly reason: string
  /** What is wrong with the file: [line, what]. */
  check(this: void, facts: SourceFacts): Iterable<readonly [number, string]>
}

/** What a package may import besides its own files. `node:` stands for Node's own modules, `*` for any package. */
const PACKAGES: Readonly<Record<string, readonly string[]>> = {
  schema: [],
  client: [],
  stats: [],
  stream: ['@llmhub/stats'],
  publisher: ['@llmhub/schema', 'node:'],
  charts: ['@llmhub/schema'],
  hub: [
    '@llmhub/schema',
    '@llmhub/client',
    '@llmhub/stats',
    '@llmhub/stream',
    '@llmhub/charts',
    'node:',
    '*',
  ],
}

/** The layers that each layer of the hub may import. Within `adapter` and `stage`: only its own folder. */
const LAYERS: Readonly<Record<Layer, readonly Layer[]>> = {
  core: ['core'],
  config: ['core', 'config'],
  port: ['core', 'config', 'port'],
  adapter: ['core', 'port', 'adapter'],
  stage: ['core', 'port', 'stage'],
  api: ['core', 'config', 'port', 'stage', 'api'],
  cli: ['core', 'config', 'port', 'stage', 'cli'],
  root: ['core', 'config', 'port', 'adapter', 'stage', 'api', 'cli', 'root'],
}

/** Where a driver or framework may be imported: folders or files below the hub's src. */
const DRIVERS: Readonly<Record<string, readonly string[]>> = {
  '@duckdb/node-api': ['store/duckdb/'],
  '@duckdb/node-bindings': ['store/duckdb/'],
  'node:sqlite': ['control/sqlite/', 'core/folder-lock.ts'],
  '@pydantic/genai-prices': ['ingest/'],
  commander: ['cli/', 'main.ts'],
  hyparquet: ['cli/import/'],
  'hyparquet-writer': ['formats/'],
  '@uwdata/flechette': ['formats/'],
  'write-excel-file/node': ['formats/'],
  fastify: ['api/', 'receivers/', 'auth/'],
  pino: ['core/'],
  'prom-client': ['core/'],
}

/** The files that may ask the world for what everyone else is given. */
const AMBIENT: Readonly<Record<AmbientUse['what'], readonly string[]>> = {
  time: ['packages/hub/src/core/clock.ts'],
  // The client runs without the hub and has deadlines and waits of its own.
  timer: ['packages/hub/src/core/clock.ts', 'packages/client/src/ambient.ts'],
  // Numbers come from a seed (packages/stats/src/random/generator.ts), and the seed from whoever starts.
  randomness: [],
  environment: ['packages/hub/src/config/load.ts'],
}

/** Made from other files of the repository, and as long as these make them. */
const MADE = /\/src\/generated\//

const DRAWERS = new Set(['utils', 'util', 'helpers', 'helper', 'common', 'lib', 'misc', 'shared'])
/** Here the word is the domain's own: the part of an event named `common`. */
const NO_DRAWER = new Set(['packages/schema/src/kinds/common.ts'])

export const MAX_LINES = 600

export const RULES: readonly Rule[] = [
  {
    id: 'package imports',
    reason:
      'schema, stats and client run anywhere and depend on nothing, stream only on stats; nobody depends on the server',
    *check({ path, imports }) {
      const own = packageOf(path)
      const allowed = own === undefined ? undefined : PACKAGES[own]
      if (allowed === undefined) {
        yield [1, 'is in a package that PACKAGES does not list']
        return
      }
      for (const { specifier, line } of imports) {
        if (specifier === undefined) continue
        if (specifier.startsWith('.')) {
          if (!resolve(path, specifier).startsWith(`packages/${own}/src/`)) {
            yield [line, `leaves its package: ${specifier}`]
          }
        } else if (!isAllowed(specifier, allowed))
          yield [line, `${own} may not import ${specifier}`]
      }
    },
  },
  {
    id: 'known place',
    reason: 'every file of the hub belongs to a layer, or no rule would look at it',
    *check({ path }) {
      if (path.startsWith(HUB) && placeOf(path) === undefined)
        yield [1, 'is in no layer of test/layers/layer.ts']
    },
  },
  {
    id: 'layers',
    reason:
      'core ← config ← ports ← stages ← api, cli ← pipeline, hub, main: what is below can be read, tested and replaced alone',
    *check({ path, imports }) {
      for (const { from, to, target, line, form } of hubImports(path, imports)) {
        // `llmhub serve` is a command; loading the server only then keeps the others light.
        if (from.layer === 'cli' && target === `${HUB}hub.ts` && form !== 'static') continue
        if (from.layer === 'cli' && to.layer === 'adapter' && form !== 'static') continue
        if (!LAYERS[from.layer].includes(to.layer)) {
          yield [line, `${from.layer} (${from.name}) may not import ${to.layer} (${to.name})`]
        }
      }
    },
  },
  {
    id: 'stages apart',
    reason:
      'stages meet in pipeline.ts and nowhere else, so that the path of an event is on one page',
    *check({ path, imports }) {
      for (const { from, to, line } of hubImports(path, imports)) {
        if (from.layer === 'stage' && to.layer === 'stage' && from.name !== to.name) {
          yield [line, `stage ${from.name} imports stage ${to.name}`]
        }
      }
    },
  },
  {
    id: 'adapters apart',
    reason: 'an adapter stands for one engine and can be taken away with its driver',
    *check({ path, imports }) {
      for (const { from, to, line } of hubImports(path, imports)) {
        if (from.layer === 'adapter' && to.layer === 'adapter' && from.name !== to.name) {
          yield [line, `adapter ${from.name} imports adapter ${to.name}`]
        }
      }
    },
  },
  {
    id: 'adapters on demand',
    reason:
      'adapters load by import() where the hub is put together, so that their drivers stay optional',
    *check({ path, imports }) {
      for (const { from, to, line, form } of hubImports(path, imports)) {
        if (from.layer !== 'adapter' && to.layer === 'adapter' && form === 'static') {
          yield [line, `static import of adapter ${to.name}: use import()`]
        }
      }
    },
  },
  {
    id: 'named imports',
    reason: 'an import() of a computed name cannot be checked',
    *check({ imports }) {
      for (const { specifier, line } of imports)
        if (specifier === undefined) yield [line, 'computed import()']
    },
  },
  {
    id: 'drivers',
    reason: 'a driver or framework is known in one place, so that changing it changes one place',
    *check({ path, imports }) {
      if (!path.startsWith(HUB)) return
      const file = path.slice(HUB.length)
      for (const { specifier, line, form } of imports) {
        const places = specifier === undefined ? undefined : DRIVERS[specifier]
        if (places === undefined || form === 'type') continue
        if (!places.some((place) => file.startsWith(place))) {
          yield [line, `${specifier} belongs to ${places.join(', ')}`]
        }
      }
    },
  },
  {
    id: 'time and randomness',
    reason:
      'time, timers, randomness and the environment are arguments, so that every answer can be had again',
    *check({ path, ambient }) {
      for (const { what, text, line } of ambient) {
        const files = AMBIENT[what]
        if (files.includes(path)) continue
        const who = files.length === 0 ? 'nobody' : `only ${files.join(' and ')}`
        yield [line, `${text}: ${who} may use it`]
      }
    },
  },
  {
    id: 'module state',
    reason: 'two hubs in one process must not share anything',
    *check({ moduleState }) {
      for (const line of moduleState) yield [line, 'a variable outside every function']
    },
  },
  {
    id: 'no barrels',
    reason: 'inside the hub a name is imported from the file that defines it',
    *check({ path }) {
      if (path.startsWith(HUB) && posix.basename(path) === 'index.ts')
        yield [1, 'index.ts inside the hub']
    },
  },
  {
    id: 'no drawers',
    reason: 'a file is named after its one concept; a drawer has none and fills up',
    *check({ path }) {
      if (NO_DRAWER.has(path)) return
      for (const word of path.replace(/\.ts$/, '').split('/').slice(3)) {
        if (DRAWERS.has(word)) yield [1, `"${word}" names no concept`]
      }
    },
  },
  {
    id: 'file length',
    reason: `a file of more than ${MAX_LINES} lines holds more than one concept`,
    *check({ path, lines }) {
      if (lines > MAX_LINES && !MADE.test(path)) yield [MAX_LINES + 1, `${lines} lines`]
    },
  },
]

/** Everything that is wrong with one source file of a package. */
export function violations(facts: SourceFacts): Violation[] {
  return RULES.flatMap(({ id, reason, check }) =>
    [...check(facts)].map(([line, what]) => ({
      rule: id,
      path: facts.path,
      line,
      message: `${facts.path}:${line}: ${what} (${reason})`,
    })),
  )
}

/** The imports of a file of the hub that lead to files of the hub, with both places. */
function* hubImports(path: string, imports: readonly Import[]) {
  const from = path.startsWith(HUB) ? placeOf(path) : undefined
  if (from === undefined) return
  for (const { specifier, form, line } of imports) {
    if (specifier === undefined || !specifier.startsWith('.')) continue
    const target = resolve(path, specifier)
    const to = target.startsWith(HUB) ? placeOf(target) : undefined
    if (to !== undefined) yield { from, to, target, form, line }
  }
}

function packageOf(path: string): string | undefined {
  return /^packages\/([^/]+)\/src\//.exec(path)?.[1]
}

function resolve(path: string, specifier: string): string {
  return posix.join(posix.dirname(path), specifier)
}

function isAllowed(specifier: string, allowed: readonly string[]): boolean {
  if (specifier.startsWith('node:')) return allowed.includes('node:')
  if (specifier.startsWith('@llmhub/')) {
    return allowed.some((name) => specifier === name || specifier.startsWith(`${name}/`))
  }
  return allowed.includes('*')
}
