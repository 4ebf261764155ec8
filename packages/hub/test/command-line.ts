import { vi } from 'vitest'
import { runCli } from '../src/cli/program.ts'
import { systemClock } from '../src/core/clock.ts'
import type { WholeHub } from './scenarios/whole-hub.ts'

/** The command line in this process, talking to a hub of a test. */
export async function commandLine(
  hub: WholeHub,
  args: readonly string[],
): Promise<{ readonly code: number; readonly out: string; readonly err: string }> {
  // Loading the library of the command line opens standard input, which nobody closes.
  process.stdin.unref()
  // The key of the command line comes from the environment alone.
  vi.stubEnv('LLMHUB_KEY', hub.headers['authorization']?.replace('Bearer ', '') ?? '')
  let out = ''
  let err = ''
  const code = await runCli(
    [...args, '--url', hub.url],
    {
      terminal: {
        out: (text) => {
          out += text
        },
        err: (text) => {
          err += text
        },
        outIsTty: false,
        errIsTty: false,
        color: false,
        columns: 80,
      },
      clock: systemClock,
      signal: new AbortController().signal,
      stdin: () => Promise.resolve(''),
    },
    '0.0.0',
  )
  return { code, out, err }
}
