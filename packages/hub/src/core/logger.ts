import type { DestinationStream as LogDestination, Logger } from 'pino'
import { pino, stdTimeFunctions } from 'pino'

export type { LogDestination, Logger }

export type LogLevel = 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'silent'

/** Whatever carries a secret or what users wrote, wherever an object with it gets logged. */
const REDACTED = ['authorization', 'cookie', 'secret', 'hash', 'key', 'body', 'headers'].flatMap(
  (name) => [name, `*.${name}`],
)

/**
 * Structured logs: one JSON object per line. Bodies and headers are never logged; should an object
 * that has them slip in, they are left out. `destination` is standard output unless given.
 */
export function createLogger(level: LogLevel, destination?: LogDestination): Logger {
  const options = {
    level,
    base: null,
    timestamp: stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    redact: { paths: REDACTED, remove: true },
  }
  return destination === undefined ? pino(options) : pino(options, destination)
}
