// Brings node_modules in line with package-lock.json. Plain JavaScript that runs on Node 20, and
// fast when there is nothing to do, for every `npm start` and `npm test` begins with it.

import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const ROOT = fileURLToPath(new URL('../', import.meta.url))

/**
 * True when what is installed is what the lock asks for. npm writes `node_modules/.package-lock.json`
 * as its last step, so an interrupted installation has none, and one made by hand counts too.
 */
export function isInstalled(root = ROOT) {
  const wanted = readLock(join(root, 'package-lock.json'))
  const installed = readLock(join(root, 'node_modules', '.package-lock.json'))
  return wanted !== undefined && installed !== undefined && agrees(wanted, installed)
}

/**
 * Everything wanted is installed in that version, but for optional packages (of other platforms, or
 * that could not be had), and nothing else is. Workspace folders are links and listed without version.
 */
export function agrees(wanted, installed) {
  for (const [path, entry] of Object.entries(wanted)) {
    if (!path.startsWith('node_modules/')) continue
    const there = installed[path]
    if (there === undefined ? entry.optional !== true : !isSame(there, entry)) return false
  }
  return Object.keys(installed).every((path) => wanted[path] !== undefined)
}

function isSame(a, b) {
  return (
    a.version === b.version &&
    a.link === b.link &&
    (a.integrity === b.integrity || !a.integrity || !b.integrity)
  )
}

function readLock(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8')).packages
  } catch {
    return undefined
  }
}

/** Runs `npm ci` unless everything is there. Ends the process with npm's exit code when that fails. */
export function setUp() {
  if (isInstalled()) return
  process.stderr.write(
    'Installing dependencies (the first time, and when package-lock.json changed): ' +
      'about 200 MB to download, mostly the database engine, the compiler and Node 24 …\n',
  )
  // Only errors are shown: on an older Node npm would warn that packages want a newer one, and the
  // hub and its tests run on the newer one that this brings.
  const args = ['ci', '--loglevel=error', '--no-audit', '--no-fund']
  const npm = process.env['npm_execpath']
  const result =
    npm?.endsWith('.js') === true
      ? spawnSync(process.env['npm_node_execpath'] ?? process.execPath, [npm, ...args], options())
      : spawnSync('npm', args, { ...options(), shell: process.platform === 'win32' })
  if (result.error !== undefined) process.stderr.write(`npm ci: ${result.error.message}\n`)
  if (result.status !== 0) {
    process.stderr.write(
      'npm ci failed; the messages above say why. Run it by hand for the whole story.\n',
    )
    process.exit(result.status ?? 1)
  }
}

function options() {
  return { cwd: ROOT, stdio: ['ignore', 'ignore', 'inherit'] }
}
