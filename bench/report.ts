import { execFileSync } from 'node:child_process'
import { mkdir, writeFile } from 'node:fs/promises'
import { arch, availableParallelism, cpus, platform, release, totalmem } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('..', import.meta.url))

/** One line of the table: what is asked for, and what came out. */
export interface Line {
  readonly what: string
  readonly unit: string
  readonly must: number | null
  readonly aim: number | null
  readonly got: number
  /** Whether more is better; else less is. */
  readonly more: boolean
}

export interface Machine {
  readonly cores: number
  readonly cpu: string
  readonly memoryGb: number
  readonly kernel: string
  readonly node: string
}

export function describeMachine(): Machine {
  return {
    cores: availableParallelism(),
    cpu: cpus()[0]?.model ?? 'unknown',
    memoryGb: Math.round(totalmem() / 1e9),
    kernel: `${platform()} ${release()} ${arch()}`,
    node: process.version,
  }
}

/** Commit of the working tree, or null outside of one. */
export function commitOf(): string | null {
  try {
    const git = (...args: string[]): string =>
      execFileSync('git', args, {
        cwd: ROOT,
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      })
    const changed = git('status', '--porcelain', '--untracked-files=no').trim() !== ''
    return git('rev-parse', '--short', 'HEAD').trim() + (changed ? ' and changes' : '')
  } catch {
    return null
  }
}

export function verdict({ must, aim, got, more }: Line): string {
  const reaches = (bound: number | null): boolean =>
    bound !== null && (more ? got >= bound : got <= bound)
  if (must === null && aim === null) return ''
  if (reaches(aim)) return 'aim'
  return reaches(must) ? 'must' : 'missed'
}

export function lineTable(lines: readonly Line[]): string {
  return table(
    ['what', 'unit', 'must', 'aim', 'got', ''],
    lines.map((line) => {
      const bound = (value: number | null): string =>
        value === null ? '' : `${line.more ? '≥' : '≤'} ${shown(value)}`
      return [
        line.what,
        line.unit,
        bound(line.must),
        bound(line.aim),
        shown(line.got),
        verdict(line),
      ]
    }),
  )
}

/** A markdown table, its columns as wide as their longest cell so that it reads in a terminal too. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((name, i) =>
    Math.max(3, name.length, ...rows.map((row) => (row[i] ?? '').length)),
  )
  const line = (cells: readonly string[]): string =>
    `| ${widths.map((width, i) => (cells[i] ?? '').padEnd(width)).join(' | ')} |`
  return [
    line(head),
    `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`,
    ...rows.map(line),
  ].join('\n')
}

/** Three significant digits, thousands apart. */
export function shown(value: number): string {
  if (!Number.isFinite(value)) return 'not measured'
  if (Math.abs(value) >= 1000) return Math.round(value).toLocaleString('en')
  return String(Number(value.toPrecision(3)))
}

/** Writes `<name>.md` and `<name>.json` into bench/results/ and answers the paths without ending. */
export async function writeResults(name: string, markdown: string, json: unknown): Promise<string> {
  const folder = join(ROOT, 'bench', 'results')
  await mkdir(folder, { recursive: true })
  const path = join(folder, name)
  await writeFile(`${path}.md`, markdown)
  const text = JSON.stringify(json, (_key, value: unknown) => rounded(value), 2)
  await writeFile(`${path}.json`, `${text}\n`)
  return path
}

function rounded(value: unknown): unknown {
  return typeof value === 'number' ? Number(value.toPrecision(6)) : value
}
