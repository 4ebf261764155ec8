import { systemClock } from '../core/clock.ts'
import type { CliContext } from './context.ts'
import type { Terminal } from './output.ts'
import { runCli } from './program.ts'

/** The command line in this process, with a terminal that only remembers. */

export interface CliRun {
  readonly code: number
  readonly out: string
  readonly err: string
  /** Both, in the order they were written: what a terminal shows. */
  readonly shown: string
}

export interface CliSetting extends Partial<Omit<CliContext, 'terminal'>> {
  readonly terminal?: Partial<Terminal>
}

export async function run(argv: readonly string[], setting: CliSetting = {}): Promise<CliRun> {
  let out = ''
  let err = ''
  let shown = ''
  const terminal: Terminal = {
    out: (text) => {
      out += text
      shown += text
    },
    err: (text) => {
      err += text
      shown += text
    },
    outIsTty: false,
    errIsTty: false,
    color: false,
    columns: 100,
    ...setting.terminal,
  }
  const code = await runCli(
    argv,
    {
      clock: systemClock,
      signal: new AbortController().signal,
      stdin: () => Promise.resolve(''),
      ...setting,
      terminal,
    },
    '9.9.9',
  )
  return { code, out, err, shown }
}
