// Completes package-lock.json: `node scripts/complete-lock.js`, after every `npm install` that changed it.
//
// A tool made of native code names one optional package per platform. npm leaves those out of the
// lock that it could not read from the registry at hand (a mirror that holds only some platforms, a
// version that is not published everywhere), and from then on `npm ci` refuses the lock on every
// machine: "Missing: … from lock file". This adds what is missing: the exact version its parent
// asks for, marked optional, with the platform that its name states, so that npm looks for it only
// where it fits. Such an entry has no integrity hash, for there was nothing to hash.

import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const OS = 'aix android darwin freebsd linux netbsd openbsd openharmony sunos win32'.split(' ')
const CPU = 'arm arm64 ia32 loong64 mips64el ppc64 riscv64 s390x wasm32 x64'.split(' ')

/**
 * Adds to `packages` (the `packages` of a version 3 lock) the optional packages that its entries
 * ask for in an exact version and that it does not hold, and returns the paths it added.
 */
export function completeLock(packages) {
  const added = []
  for (const [parent, entry] of Object.entries(packages)) {
    for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
      const found = resolve(packages, parent, name)
      if (found !== undefined && (packages[found].version === version || !isExact(version)))
        continue
      const path = found === undefined ? `node_modules/${name}` : `${parent}/node_modules/${name}`
      packages[path] = {
        version,
        ...platformOf(name),
        ...(entry.dev && { dev: true }),
        optional: true,
      }
      added.push(path)
    }
  }
  return added.sort()
}

/** The path under which Node would find `name` from `parent`, walking up the folders; else undefined. */
function resolve(packages, parent, name) {
  for (
    let folder = parent;
    ;
    folder = folder.replace(/(^|\/)(node_modules\/(@[^/]+\/)?)?[^/]+$/, '')
  ) {
    const path = folder === '' ? `node_modules/${name}` : `${folder}/node_modules/${name}`
    if (packages[path] !== undefined) return path
    if (folder === '') return undefined
  }
}

function isExact(version) {
  return /^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version)
}

/** `os`, `cpu` and `libc` from a name such as `@oxlint/binding-linux-arm64-musl`. */
function platformOf(name) {
  const words = name.split(/[-/]/)
  const os = OS.find((word) => words.includes(word))
  const cpu = CPU.find((word) => words.includes(word))
  const libc = words.includes('musl') ? 'musl' : words.includes('gnu') ? 'glibc' : undefined
  return {
    ...(cpu !== undefined && { cpu: [cpu] }),
    ...(os === 'linux' && libc !== undefined && { libc: [libc] }),
    ...(os !== undefined && { os: [os] }),
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const file = fileURLToPath(new URL('../package-lock.json', import.meta.url))
  const lock = JSON.parse(readFileSync(file, 'utf8'))
  const added = completeLock(lock.packages)
  const { '': root, ...rest } = lock.packages
  const sorted = Object.entries(rest).sort(([a], [b]) => a.localeCompare(b, 'en'))
  lock.packages = { '': root, ...Object.fromEntries(sorted) }
  if (added.length > 0) writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`)
  console.log(
    added.length === 0
      ? 'package-lock.json is complete'
      : `added ${added.length}:\n${added.join('\n')}`,
  )
}
