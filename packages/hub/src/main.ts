/** argv → command line. */

import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { EXIT } from './cli/exit-codes.ts'
import type { Terminal } from './cli/output.ts'
import { runCli } from './cli/program.ts'
import { colorAllowed, isUtf8Locale } from './config/load.ts'
import { systemClock } from './core/clock.ts'

const { version } = JSON.parse(
  readFileSync(new URL('../package.json', import.meta.url), 'utf8'),
) as { version: string }

const terminal: Terminal = {
  out: (line) => process.stdout.write(line),
  err: (line) => process.stderr.write(line),
  outDrained: async () => {
    if (process.stdout.writableNeedDrain) await once(process.stdout, 'drain')
  },
  outIsTty: process.stdout.isTTY === true,
  errIsTty: process.stderr.isTTY === true,
  color: process.stdout.isTTY === true && colorAllowed(),
  columns: process.stdout.columns ?? 80,
  ascii: !isUtf8Locale(),
}

// A reader that has seen enough (`| head`) closes the pipe; that is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  process.exit(error.code === 'EPIPE' ? EXIT.ok : EXIT.failure)
})

const interrupted = new AbortController()
const context = {
  terminal,
  clock: systemClock,
  signal: interrupted.signal,
  stdin: () => text(process.stdin),
  self: [process.execPath, ...process.execArgv, fileURLToPath(import.meta.url)],
  ...(process.stdin.isTTY && process.stderr.isTTY ? { ask, askSecret } : {}),
  ...(process.stdin.isTTY && process.stdout.isTTY
    ? { tty: { input: process.stdin, output: process.stdout } }
    : {}),
}
// One Ctrl-C may arrive twice, from the terminal and from the launcher: repeats are one stop.
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => interrupted.abort(signal))
}

process.exitCode = await runCli(process.argv.slice(2), context, version)

async function ask(question: string): Promise<string> {
  const lines = createInterface({ input: process.stdin, output: process.stderr })
  try {
    return await lines.question(question, { signal: interrupted.signal })
  } finally {
    lines.close()
  }
}

/** A line that is not shown while it is typed. */
async function askSecret(question: string): Promise<string> {
  process.stderr.write(question)
  const nothing = new Writable({ write: (_chunk, _encoding, done) => done() })
  const lines = createInterface({ input: process.stdin, output: nothing, terminal: true })
  try {
    return await lines.question('', { signal: interrupted.signal })
  } finally {
    lines.close()
    process.stderr.write('\n')
  }
}
