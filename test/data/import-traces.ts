import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { type HubProcess, pause } from '../support/hub-process.ts'
import { runCommand } from '../support/llmhub-command.ts'
import { contentOf, EXAM_CALLS, type Happening, type Trace } from './traces.ts'

const APPLIED_WITHIN_MS = 120_000

export interface Imported {
  readonly rows: number
  readonly accepted: number
  readonly duplicates: number
  readonly rejected: number
  readonly unmapped: number
}

/** A trace as a file to import, with what it says. */
export interface TraceFile {
  readonly trace: Trace
  readonly file: string
  readonly happenings: readonly Happening[]
}

/** Writes the first `rows` rows (null: all) of every trace into `folder`. */
export function writeTraces(
  shared: string,
  folder: string,
  all: readonly Trace[],
  rows: number | null,
): TraceFile[] {
  writeFileSync(path.join(folder, `${EXAM_CALLS.name}.json`), JSON.stringify(EXAM_CALLS))
  return all.map((trace, index) => {
    const content = contentOf(shared, trace, rows)
    const file = path.join(folder, `${index}-${path.basename(trace.file)}`)
    writeFileSync(file, content)
    return { trace, file, happenings: trace.read(content, trace) }
  })
}

function argumentsOf({ trace, file }: TraceFile): string[] {
  const own = trace.map === EXAM_CALLS.name
  const map = own ? path.join(path.dirname(file), `${trace.map}.json`) : trace.map
  const start =
    trace.start === undefined ? [] : ['--start', new Date(trace.start / 1000).toISOString()]
  const fields = Object.entries(trace.fields ?? {}).flatMap(([name, value]) => [
    '--field',
    `${name}=${value}`,
  ])
  return ['import', file, '--map', map, ...start, ...fields, '-o', 'json']
}

/** `llmhub import`; throws with what it printed when it did not end with 0. */
export async function importTrace(url: string, trace: TraceFile): Promise<Imported> {
  const { code, stdout, stderr } = await runCommand(url, argumentsOf(trace))
  if (code !== 0) throw new Error(`import of ${trace.trace.file} ended with ${code}:\n${stderr}`)
  return JSON.parse(stdout) as Imported
}

/** Waits until the store has taken in `rows` rows. */
export async function applied(hub: HubProcess, rows: number): Promise<void> {
  const deadline = performance.now() + APPLIED_WITHIN_MS
  for (;;) {
    const { store } = JSON.parse((await hub.get('/stats')).text) as { store: { rows: number } }
    if (store.rows >= rows) return
    if (performance.now() > deadline) throw new Error(`${store.rows} of ${rows} rows are applied`)
    await pause(20)
  }
}
