import { vi } from 'vitest'
import { type CliRun, run } from '../src/cli/run-cli.fixture.ts'
import type { WholeHub } from './scenarios/whole-hub.ts'

/** The command line in this process, talking to a hub of a test. */
export function commandLine(hub: WholeHub, args: readonly string[]): Promise<CliRun> {
  // Loading the library of the command line opens standard input, which nobody closes.
  process.stdin.unref()
  // The key of the command line comes from the environment alone.
  vi.stubEnv('LLMHUB_KEY', hub.headers['authorization']?.replace('Bearer ', '') ?? '')
  return run([...args, '--url', hub.url])
}
