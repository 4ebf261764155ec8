import { execFileSync } from 'node:child_process'
import { accessSync, constants, existsSync, globSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { isAtLeast, MINIMUM, NODE_PACKAGES } from '../packages/hub/bin/find-node.js'
import { completeLock } from '../scripts/complete-lock.js'

interface Manifest {
  readonly name: string
  readonly version: string
  readonly license: string
  readonly type: string
  readonly private?: boolean
  readonly files?: readonly string[]
  readonly bin?: Readonly<Record<string, string>>
  readonly exports?: Readonly<Record<string, Readonly<Record<string, string>>>>
  readonly scripts?: Readonly<Record<string, string>>
  readonly engines?: Readonly<Record<string, string>>
  readonly dependencies?: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
  readonly optionalDependencies?: Readonly<Record<string, string>>
  readonly peerDependencies?: Readonly<Record<string, string>>
}

interface LockEntry {
  readonly version?: string
  readonly link?: boolean
  readonly resolved?: string
  readonly hasInstallScript?: boolean
}

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const EXACT = /^\d+\.\d+\.\d+(-[\w.]+)?$/

/** Packages that may run a script when they are installed, each with the reason. */
const INSTALL_SCRIPTS: Readonly<Record<string, string>> = {}

function read<T>(path: string): T {
  return JSON.parse(readFileSync(join(ROOT, path), 'utf8')) as T
}

const root = read<Manifest>('package.json')
const folders = readdirSync(join(ROOT, 'packages')).map((name) => `packages/${name}`)
const packages = folders.map(
  (folder) => [folder, read<Manifest>(`${folder}/package.json`)] as const,
)
const manifests = [['.', root] as const, ...packages]
const lock = read<{ packages: Record<string, LockEntry> }>('package-lock.json')

function dependenciesOf(manifest: Manifest): [string, string][] {
  return [
    manifest.dependencies,
    manifest.devDependencies,
    manifest.optionalDependencies,
    manifest.peerDependencies,
  ].flatMap((some) => Object.entries(some ?? {}))
}

describe('packages', () => {
  it('are all there', () => {
    expect(packages.map(([, { name }]) => name)).toEqual(
      expect.arrayContaining(['@llmhub/hub', '@llmhub/schema', '@llmhub/stats', '@llmhub/stream']),
    )
  })

  it.each(manifests)('%s has the version, licence and module type of all', (_, manifest) => {
    const { version, license, type } = manifest
    expect({ version, license, type }).toEqual({
      version: root.version,
      license: 'Apache-2.0',
      type: 'module',
    })
    expect(manifest.engines?.['node']).toBeDefined()
  })

  it.each(manifests)(
    '%s pins its dependencies exactly, and its siblings to this version',
    (_, manifest) => {
      const loose = dependenciesOf(manifest).filter(([name, version]) =>
        name.startsWith('@llmhub/') ? version !== root.version : !EXACT.test(version),
      )
      expect(loose).toEqual([])
    },
  )

  it.each(packages)('%s runs nothing when installed', (_, { scripts = {} }) => {
    expect(
      Object.keys(scripts).filter((name) => /^(pre|post)?(install|prepare|publish)/.test(name)),
    ).toEqual([])
  })

  it.each(packages)(
    '%s exports sources that exist, as what the build makes of them',
    (folder, manifest) => {
      for (const [name, target] of Object.entries(manifest.exports ?? {})) {
        const [first, source] = Object.entries(target)[0] as [string, string]
        expect(first, 'the source condition must be first, or no one would ever get it').toBe(
          '@llmhub/source',
        )
        expect(existsSync(join(ROOT, folder, source)), `${manifest.name} ${name}: ${source}`).toBe(
          true,
        )
        const built = source.replace('./src/', './dist/').replace(/\.ts$/, '')
        expect(Object.keys(target).at(-1), 'the default must be last').toBe('default')
        expect(target['default']).toBe(`${built}.js`)
        // A worker is loaded by name and imported by no one, so that it may go without types.
        expect([undefined, `${built}.d.ts`]).toContain(target['types'])
      }
      expect(manifest.files, 'files that the exports lead to must be published').toContain('dist')
    },
  )

  it.each(packages)(
    '%s publishes only what exists, and its commands can be run',
    (folder, manifest) => {
      for (const file of manifest.files ?? []) {
        const isMade = ['dist', 'README.md', 'sql', 'src'].includes(file)
        expect(isMade || existsSync(join(ROOT, folder, file)), file).toBe(true)
      }
      for (const file of Object.values(manifest.bin ?? {})) {
        accessSync(join(ROOT, folder, file), constants.X_OK)
        expect(readFileSync(join(ROOT, folder, file), 'utf8')).toMatch(/^#!\/usr\/bin\/env node\n/)
        expect(manifest.files).toContain(file.split('/')[0])
      }
    },
  )

  it('export every worker, for a built one has another name than its source', () => {
    const workers = globSync('packages/*/src/**/*-worker.ts', { cwd: ROOT })
    const exported = packages.flatMap(([folder, { exports = {} }]) =>
      Object.values(exports).map((target) => join(folder, target['@llmhub/source'] ?? '')),
    )
    expect(workers.filter((path) => !exported.includes(path))).toEqual([])
  })
})

describe('the lock', () => {
  it('is the lock of these manifests', () => {
    for (const [folder, manifest] of manifests) {
      const entry = lock.packages[folder === '.' ? '' : folder] as Manifest | undefined
      expect(entry, folder).toBeDefined()
      const sorted = (some: Manifest | undefined) =>
        Object.fromEntries(some ? dependenciesOf(some) : [])
      expect(sorted(entry)).toEqual(sorted(manifest))
    }
  })

  it('names no host: everyone installs from their own registry', () => {
    const hosts = Object.values(lock.packages).filter(({ resolved }) => resolved?.includes(':'))
    expect(hosts).toEqual([])
  })

  it('holds the packages of every platform (after npm install: node scripts/complete-lock.js)', () => {
    expect(completeLock(structuredClone(lock.packages))).toEqual([])
  })

  it('misses nothing that complete-lock.js would not add', () => {
    const entries = {
      'node_modules/tool': {
        optionalDependencies: { '@tool/linux-x64-musl': '2.0.0', 'tool-darwin-arm64': '2.0.0' },
      },
      'node_modules/@tool/linux-x64-musl': { version: '1.0.0' },
    }
    expect(completeLock(entries)).toEqual([
      'node_modules/tool-darwin-arm64',
      'node_modules/tool/node_modules/@tool/linux-x64-musl',
    ])
    expect(entries).toMatchObject({
      'node_modules/tool-darwin-arm64': {
        version: '2.0.0',
        cpu: ['arm64'],
        os: ['darwin'],
        optional: true,
      },
      'node_modules/tool/node_modules/@tool/linux-x64-musl': {
        version: '2.0.0',
        libc: ['musl'],
        os: ['linux'],
      },
    })
    expect(completeLock(entries)).toEqual([])
  })

  it('runs no script of a package that is not allowed to', () => {
    const scripted = Object.entries(lock.packages)
      .filter(([, { hasInstallScript }]) => hasInstallScript === true)
      .map(([path]) => path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length))
    expect(scripted.filter((name) => INSTALL_SCRIPTS[name] === undefined)).toEqual([])
  })
})

describe('Node from npm', () => {
  it('is there for every platform that the launcher looks for, and new enough', () => {
    const optional = Object.entries(root.optionalDependencies ?? {})
    const looked = Object.values(NODE_PACKAGES).map(([name]) => name)
    expect(new Set(optional.map(([name]) => name))).toEqual(new Set(looked))
    expect(optional.filter(([, version]) => !isAtLeast(version, MINIMUM))).toEqual([])
  })

  it('is as old as the hub allows', () => {
    expect(read<Manifest>('packages/hub/package.json').engines?.['node']).toBe(
      `>=${MINIMUM.replace(/\.0$/, '')}`,
    )
  })
})

/** An absolute path into somebody's workplace; a URL's path or a relative one does not count. */
const WORKPLACE = /(?<![\w.$}\])>-])\/(work|root)\/\w/

describe('the repository', () => {
  // Put together here, so that this file names none itself.
  it.each(['work', 'root'])('a path below %s would be noticed', (name) => {
    for (const text of [`see ${'/'}${name}/here`, `"${'/'}${name}/x"`]) {
      expect(text).toMatch(WORKPLACE)
    }
  })
  it.each(['a/work/b', 'https://x.org/root/y', './root/x'])('%s would not', (text) => {
    expect(text).not.toMatch(WORKPLACE)
  })

  it('names no path of a workplace', (context) => {
    if (!existsSync(join(ROOT, '.git')))
      context.skip('not a git checkout: there is no list of tracked files')
    const tracked = execFileSync(
      'git',
      ['ls-files', '-z', '--cached', '--others', '--exclude-standard'],
      {
        cwd: ROOT,
        encoding: 'utf8',
      },
    )
    const files = tracked.split('\0').filter((path) => path !== '' && existsSync(join(ROOT, path)))
    expect(files).toContain('package.json')
    const named = files
      .filter((path) => path !== 'test/package.test.ts')
      .flatMap((path) => {
        const text = readFileSync(join(ROOT, path), 'utf8')
        const line = text.split('\n').findIndex((one) => WORKPLACE.test(one))
        return line < 0 ? [] : [`${path}:${line + 1}`]
      })
    expect(named).toEqual([])
  })
})
