// Runs the workspace's tools on a Node that is new enough, whatever Node the machine has.

import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { findNode } from '../packages/hub/bin/find-node.js'
import { ROOT } from './set-up.js'

/**
 * Runs `node args…` in the workspace root, with that Node first in the PATH, and answers with its
 * exit code (128 + n would be the shell's for a signal; here a signal counts as 1).
 * @param {string[]} args
 * @param {Record<string, string>} [env] added to the environment
 * @returns {Promise<number>}
 */
export function runNode(args, env = {}) {
  const node = findNode()
  if (!node.ok) {
    process.stderr.write(`${node.message}\n`)
    return Promise.resolve(69)
  }
  const path = `${dirname(node.path)}${delimiter}${process.env['PATH'] ?? ''}`
  const child = spawn(node.path, args, {
    cwd: ROOT,
    env: { ...process.env, PATH: path, ...env },
    stdio: 'inherit',
  })
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code) => resolve(code ?? 1))
  })
}

/** The file of a tool's command: `tool('typescript', 'tsc')`. */
export function tool(name, command = name) {
  const root = join(ROOT, 'node_modules', name)
  const { bin } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  return join(root, typeof bin === 'string' ? bin : bin[command])
}
