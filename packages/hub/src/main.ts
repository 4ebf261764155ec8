/** argv → command line. */

import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline/promises'
import { text } from 'node:stream/consumers'
import { EXIT } from './cli/exit-codes.ts'
import type { Terminal } from './cli/output.ts'
import { runCli } from './cli/program.ts'
import { colorAllowed } from './config/load.ts'
import { systemClock } from './core/clock.ts'

const { version } = JSON.parse(
  readFileSync(new URL('../package.json', import.meta.url), 'utf8'),
) as { version: string }

const terminal: Terminal = {
  out: (line) => process.stdout.write(line),
  err: (line) => process.stderr.write(line),
  outIsTty: process.stdout.isTTY === true,
  errIsTty: process.stderr.isTTY === true,
  color: process.stdout.isTTY === true && colorAllowed(),
  columns: process.stdout.columns ?? 80,
}

// A reader that has seen enough (`| head`) closes the pipe; that is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  process.exit(error.code === 'EPIPE' ? EXIT.ok : EXIT.failure)
})

/** One answer from the terminal; anything but yes is no. */
async function confirm(question: string): Promise<boolean> {
  const lines = createInterface({ input: process.stdin, output: process.stderr })
  try {
    return /^y(es)?$/i.test((await lines.question(question)).trim())
  } finally {
    lines.close()
  }
}

const interrupted = new AbortController()
const context = {
  terminal,
  clock: systemClock,
  signal: interrupted.signal,
  stdin: () => text(process.stdin),
  ...(process.stdin.isTTY === true && process.stderr.isTTY === true ? { confirm } : {}),
}
// One Ctrl-C may arrive twice, from the terminal and from the launcher: repeats are one stop.
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => interrupted.abort(signal))
}

process.exitCode = await runCli(process.argv.slice(2), context, version)
