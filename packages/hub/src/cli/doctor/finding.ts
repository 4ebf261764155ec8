import type { Terminal } from '../output.ts'
import { printable } from '../output.ts'

export type State = 'ok' | 'warning' | 'error'

/** What one check found. */
export interface Finding {
  readonly check: string
  readonly state: State
  /** What is so: where something is wrong, its cause. */
  readonly message: string
  /** What to do, with the command to run; null when nothing is wrong. */
  readonly fix: string | null
}

export const ok = (check: string, message: string): Finding => ({
  check,
  state: 'ok',
  message,
  fix: null,
})
export const warning = (check: string, message: string, fix: string): Finding => ({
  check,
  state: 'warning',
  message,
  fix,
})
export const problem = (check: string, message: string, fix: string): Finding => ({
  check,
  state: 'error',
  message,
  fix,
})

const MARKS: Readonly<Record<State, { sign: string; ascii: string; color: number }>> = {
  ok: { sign: '✓', ascii: 'ok', color: 32 },
  warning: { sign: '!', ascii: '!!', color: 33 },
  error: { sign: '✗', ascii: 'XX', color: 31 },
}
const NAME_WIDTH = 14

/** Findings as lines: mark, check, what is so, and below it what to do. */
export function findingLines(
  findings: readonly Finding[],
  { color, ascii = false }: Pick<Terminal, 'color' | 'ascii'>,
): string {
  const lines = findings.flatMap(({ check, state, message, fix }) => {
    const mark = MARKS[state]
    const sign = ascii ? mark.ascii : mark.sign
    const shown = color ? `\u001b[${mark.color}m${sign}\u001b[39m` : sign
    const margin = ' '.repeat(sign.length + 1 + NAME_WIDTH + 1)
    const said = `${shown} ${check.padEnd(NAME_WIDTH)} ${printable(message)}`
    return fix === null ? [said] : [said, `${margin}${ascii ? '->' : '→'} ${printable(fix)}`]
  })
  return `${lines.join('\n')}\n`
}

/** How it stands as a whole, for the last line. */
export function summaryOf(findings: readonly Finding[]): string {
  const count = (state: State): number => findings.filter((each) => each.state === state).length
  const [errors, warnings] = [count('error'), count('warning')]
  if (errors + warnings === 0) return `All ${findings.length} checks are good.`
  const said = [
    errors === 0 ? '' : `${errors} ${errors === 1 ? 'thing is' : 'things are'} broken`,
    warnings === 0 ? '' : `${warnings} ${warnings === 1 ? 'needs' : 'need'} attention`,
  ]
  return `${said.filter((part) => part !== '').join(', ')}: do what stands behind the arrows.`
}
