// Starts the hub with the Node and the settings it needs. Plain JavaScript that runs on Node 20.
//
// A launcher is needed because two things cannot be done from inside: Node reads the size of its
// thread pool before any script runs (with the default of 4, concurrent questions keep fdatasync
// waiting for a thread, and acknowledgements with it), and a process cannot restart itself after a
// crash.

import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { findNode } from './find-node.js'
import { RESTART_POLICY, supervise } from './supervise.js'

const THREAD_POOL_SIZE = '16'
/**
 * node:sqlite still warns that it is experimental on the older of the supported versions. The old space
 * of V8 starts at 256 MiB instead of growing there collection by collection: bodies and columns live
 * outside of the heap but count towards its limit, so that a small heap is collected all the time, and
 * acknowledgements wait for it. What that leaves behind is collected when nothing goes on (`core/idle-heap.ts`).
 */
const NODE_FLAGS = [
  '--disable-warning=ExperimentalWarning',
  '--initial-old-space-size=256',
  '--expose-gc',
]
/** EX_UNAVAILABLE and EX_SOFTWARE of sysexits.h. */
const NO_NODE = 69
const NO_PROGRAM = 70

/**
 * What to run: the TypeScript sources in a clone, else the built files of an installed package.
 * @returns {{ flags: string[], file: string } | undefined}
 */
export function findProgram(packageRoot = new URL('../', import.meta.url)) {
  const source = fileURLToPath(new URL('src/main.ts', packageRoot))
  if (existsSync(source)) return { flags: ['--conditions=@llmhub/source'], file: source }
  const built = fileURLToPath(new URL('dist/main.js', packageRoot))
  return existsSync(built) ? { flags: [], file: built } : undefined
}

/** Only the server is restarted: its first word that is not an option is `serve`. */
export function isRestarted(argv, env) {
  return argv.find((word) => !word.startsWith('-')) === 'serve' && env['LLMHUB_NO_RESTART'] !== '1'
}

/**
 * Where Node keeps compiled modules: without it half the time of a start goes into stripping types and
 * compiling. It holds code that will be run, so it lies in the program's own folder, which only those
 * can write who can change the program, and not in the system's temporary folder. Where it cannot be
 * written Node does without.
 */
const COMPILE_CACHE = fileURLToPath(new URL('../node_modules/.cache/compiled', import.meta.url))

/**
 * The environment the hub's Node starts with.
 * @template {Readonly<Record<string, string | undefined>>} E
 * @param {E} env
 * @returns {E & { UV_THREADPOOL_SIZE: string, NODE_COMPILE_CACHE: string }}
 */
export function childEnv(env) {
  return {
    ...env,
    UV_THREADPOOL_SIZE: env['UV_THREADPOOL_SIZE'] || THREAD_POOL_SIZE,
    NODE_COMPILE_CACHE: env['NODE_COMPILE_CACHE'] || COMPILE_CACHE,
  }
}

/**
 * Runs `llmhub …argv` to its end.
 * @param {string[]} argv
 * @returns {Promise<{ code: number } | { signal: NodeJS.Signals }>}
 */
export async function launch(argv, env = process.env) {
  const node = findNode()
  if (!node.ok) return refuse(node.message, NO_NODE)
  const program = findProgram()
  if (program === undefined) {
    return refuse(
      'neither src/main.ts nor dist/main.js is there; in a clone run `npm run build`',
      NO_PROGRAM,
    )
  }
  return supervise({
    command: node.path,
    args: [...NODE_FLAGS, ...program.flags, program.file, ...argv],
    env: childEnv(env),
    restart: isRestarted(argv, env) ? RESTART_POLICY : null,
  })
}

function refuse(message, code) {
  process.stderr.write(`llmhub: ${message}\n`)
  return { code }
}
