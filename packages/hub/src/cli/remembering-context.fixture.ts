import { systemClock } from '../core/clock.ts'
import type { CliContext } from './context.ts'
import type { Terminal } from './output.ts'

export interface ContextSetting extends Partial<Omit<CliContext, 'terminal'>> {
  readonly terminal?: Partial<Terminal>
}

/** What a command has written, as of now. */
export interface Remembered {
  out: string
  err: string
  /** Both, in the order they were written: what a terminal shows. */
  shown: string
}

/** A context for commands in this process: a pipe of 100 columns unless given, which only remembers. */
export function rememberingContext(setting: ContextSetting = {}): {
  readonly context: CliContext
  readonly written: Remembered
} {
  const written = { out: '', err: '', shown: '' }
  const terminal: Terminal = {
    out: (text) => {
      written.out += text
      written.shown += text
    },
    err: (text) => {
      written.err += text
      written.shown += text
    },
    outIsTty: false,
    errIsTty: false,
    color: false,
    columns: 100,
    ...setting.terminal,
  }
  const context = {
    clock: systemClock,
    signal: new AbortController().signal,
    stdin: () => Promise.resolve(''),
    ...setting,
    terminal,
  }
  return { context, written }
}
