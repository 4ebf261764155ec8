/**
 * Commands of a page, and what the page says that they print.
 *
 * A block marked `sh run` is carried out; `sh start` is a program that goes on. Right behind it may stand what
 * it prints: `text answer` and `json answer` to the letter, … standing for anything; `text sample` where amounts
 * differ from day to day: the same lines in any order, whatever the numbers in them and the curves of charts.
 * What cannot be carried out says why: `sh not run: the reason`.
 */

export interface DocBlock {
  /** Page and line. */
  readonly at: string
  readonly kind: 'run' | 'start'
  /** A `sh run stopped`: the hub must not run meanwhile. */
  readonly stopped: boolean
  readonly script: string
  readonly answer: DocAnswer | null
}

export interface DocAnswer {
  readonly form: string
  readonly text: string
}

const BLOCK =
  /^```sh (run|start)( stopped)?\n([^]*?)^```\n(?:\n```((?:json|text) (?:answer|sample))\n([^]*?)^```)?/gm

/** The blocks to run of a page's text, each with the answer right behind it. */
export function blocksOf(page: string, text: string): DocBlock[] {
  return [...text.matchAll(BLOCK)].map(
    ({ index, 1: kind, 2: stopped, 3: script = '', 4: form, 5: answer = '' }) => ({
      at: `${page}:${text.slice(0, index).split('\n').length}`,
      kind: kind === 'start' ? ('start' as const) : ('run' as const),
      stopped: stopped !== undefined,
      script,
      answer: form === undefined ? null : { form, text: answer },
    }),
  )
}

/** Blocks of shell that are neither carried out nor say why not, as page and line. */
export function unexplained(page: string, text: string): string[] {
  return [...text.matchAll(/^```(?:sh|bash|shell|console)\b(.*)\n[^]*?^```$/gm)]
    .filter(({ 1: rest = '' }) => !/^ (?:start|run(?: stopped)?|not run: .{10,})$/.test(rest))
    .map(({ index }) => `${page}:${text.slice(0, index).split('\n').length}`)
}

/** Whether the output is what the page shows; a page that shows none is content with any. */
export function isShown(stdout: string, answer: DocAnswer | null): boolean {
  if (answer === null) return true
  const { form, text } = answer
  if (form === 'json answer') return shows(JSON.parse(stdout), JSON.parse(text))
  if (form === 'text answer') return matches(trimmed(stdout), trimmed(text))
  return shapeOf(stdout) === shapeOf(text)
}

/** Whether a text is the one shown, where … stands for anything. */
export function matches(got: string, shown: string): boolean {
  const parts = shown.split('…').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
  return new RegExp(`^${parts.join('[^]*')}$`).test(got)
}

/** Whether a JSON value is the one shown; `"…": "…"` in an object stands for further members. */
export function shows(got: unknown, shown: unknown): boolean {
  if (shown === '…') return true
  if (typeof shown === 'string') return typeof got === 'string' && matches(got, shown)
  if (typeof shown !== 'object' || shown === null) return got === shown
  if (typeof got !== 'object' || got === null) return false
  const { '…': more, ...members } = shown as Record<string, unknown>
  const isAll = more !== undefined || Object.keys(got).length === Object.keys(members).length
  return (
    isAll &&
    Array.isArray(got) === Array.isArray(shown) &&
    Object.entries(members).every(([key, value]) =>
      shows((got as Record<string, unknown>)[key], value),
    )
  )
}

/** What is the same on any day: words and columns, but no amounts, directions of changes, curves and order. */
export function shapeOf(text: string): string {
  return trimmed(text)
    .split('\n')
    .map((line) =>
      line
        .replace(/(?<=[┤│]).*/, '')
        .replace(/[-+]?[\d][\d.,:TZ-]*/g, '0')
        .replace(/\b(rose|fell)\b/, 'changed')
        .replace(/─+/g, '─')
        .replace(/\s+/g, ' ')
        .trim(),
    )
    .toSorted()
    .join('\n')
}

function trimmed(text: string): string {
  return text.replace(/[ \t\r]+$/gm, '').trimEnd()
}
