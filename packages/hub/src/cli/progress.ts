import type { Clock } from '../core/clock.ts'
import { count, duration } from './formats.ts'
import { type Terminal } from './output.ts'

export interface Progress {
  /** `done` of `total` in the unit of the bar; `items` for the rate. */
  update(done: number, total: number, items: number): void
  finish(): void
}

const WIDTH = 24
const EVERY_MS = 100
const EVERY_MS_PIPED = 5000

/**
 * A bar with rate and time left on a terminal; a line every five seconds otherwise, so that logs of
 * long work say something without filling up.
 */
export function progressBar(
  label: string,
  noun: string,
  terminal: Terminal,
  clock: Clock,
): Progress {
  const start = clock.monotonic()
  let shown = Number.NEGATIVE_INFINITY
  let drawn = false
  const text = (done: number, total: number, items: number): string => {
    const seconds = (clock.monotonic() - start) / 1000
    const share = total > 0 ? Math.min(1, done / total) : 0
    const rate = seconds > 0 ? items / seconds : 0
    const left = share > 0 ? duration((seconds * (1 - share)) / share) : '…'
    const bar = '█'.repeat(Math.round(share * WIDTH)).padEnd(WIDTH, '░')
    return `${label} ${bar} ${(share * 100).toFixed(0).padStart(3)}%  ${count(items)} ${noun}  ${count(rate)}/s  ${left} left`
  }
  return {
    update(done, total, items) {
      const now = clock.monotonic()
      if (now - shown < (terminal.errIsTty ? EVERY_MS : EVERY_MS_PIPED)) return
      if (shown === Number.NEGATIVE_INFINITY && !terminal.errIsTty) {
        shown = now
        return
      }
      shown = now
      if (terminal.errIsTty) terminal.err(`\r\u001b[2K${text(done, total, items)}`)
      else terminal.err(`${text(done, total, items)}\n`)
      drawn = true
    },
    finish() {
      if (drawn && terminal.errIsTty) terminal.err('\r\u001b[2K')
    },
  }
}
