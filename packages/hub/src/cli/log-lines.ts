import type { LogDestination } from '../core/logger.ts'
import { utcTime } from './formats.ts'
import { printable, type Terminal } from './output.ts'

/**
 * Where a hub that runs in the foreground writes its log: lines for people on a terminal; undefined, which is JSON on
 * standard output, for programs.
 */
export function logDestination(terminal: Terminal): LogDestination | undefined {
  if (!terminal.outIsTty) return undefined
  return { write: (line) => terminal.out(readableLine(line)) }
}

/** `{"level":"warn","time":"2026-11-21T10:00:00.123Z","rows":3,"msg":"m"}` → `2026-11-21 10:00:00Z  warn   m  rows=3`. */
function readableLine(line: string): string {
  const { time, level, msg, err, ...rest } = JSON.parse(line) as Readonly<Record<string, unknown>>
  const pairs = Object.entries({ ...rest, ...errorFields(err) })
    .filter(([, value]) => value !== null)
    .map(([name, value]) => `${name}=${quoted(printable(value))}`)
  const head = [utcTime(printable(time)), printable(level).padEnd(5), printable(msg)]
  return `${[...head, pairs.join(' ')].join('  ').trimEnd()}\n`
}

/** An error by its message: its stack is for programs that keep the log. */
function errorFields(err: unknown): Readonly<Record<string, unknown>> {
  if (err === undefined) return {}
  const hasMessage = typeof err === 'object' && err !== null && 'message' in err
  return { error: hasMessage ? err.message : err }
}

function quoted(text: string): string {
  return text === '' || /[\s"=]/.test(text) ? JSON.stringify(text) : text
}
