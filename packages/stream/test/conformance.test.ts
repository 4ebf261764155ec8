import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import { type Case, readCases, type WindowCase } from './conformance/case.ts'
import { Mismatch } from './conformance/mismatch.ts'
import { type Outcome, page, summary } from './conformance/report.ts'
import { runAssignCase } from './conformance/run-assign.ts'
import { runFileCase, runFormulaCase } from './conformance/run-file.ts'
import { runNexmarkCase } from './conformance/run-nexmark.ts'
import { runJoinCase, runStagesCase } from './conformance/run-stages.ts'
import { runCombineCase, runGeneratorCase, runIdlenessCase } from './conformance/run-watermarks.ts'
import { type Manner, runWindowCase, WHOLE } from './conformance/run-window.ts'
import { absent } from './shared-data.ts'

const PAGE = fileURLToPath(
  new URL('../../../docs/reference/stream-conformance.md', import.meta.url),
)
const files = readCases()
const outcomes: Outcome[] = []

/** Why a case cannot run here, or null. */
function reasonNotToRun(one: Case): string | null {
  if (one.kind === 'file') return absent(one.input.file, one.expected.file)
  if (one.kind !== 'nexmark') return null
  const rows = ['person', 'auction', 'bid'].map((name) => `nexmark/${name}.jsonl`)
  return absent(...rows, ...(one.file === undefined ? [] : [one.file]))
}

function run(one: Case): void {
  switch (one.kind) {
    case undefined:
    case 'window':
      return runInEveryManner(one)
    case 'assign':
      return runAssignCase(one)
    case 'combine':
      return runCombineCase(one)
    case 'idleness':
      return runIdlenessCase(one)
    case 'generator':
      return runGeneratorCase(one)
    case 'join':
      return runJoinCase(one)
    case 'stages':
      return runStagesCase(one)
    case 'formula':
      return runFormulaCase(one)
    case 'file':
      return runFileCase(one)
    case 'nexmark':
      return runNexmarkCase(one)
  }
}

/** As it is, with a restart after every step, with batches cut at random; on either way through the engine. */
function runInEveryManner(one: WindowCase): void {
  for (const path of ['fast', 'general'] as const) {
    const named = (what: string, manner: Omit<Manner, 'path'>): void => {
      try {
        runWindowCase(one, { ...manner, path })
      } catch (error) {
        if (!(error instanceof Mismatch)) throw error
        throw new Mismatch(`${path}, ${what}`, error.message)
      }
    }
    named('as it is', { restarts: false, cuts: WHOLE })
    named('with restarts', { restarts: true, cuts: WHOLE })
    if (one.bundles === true) continue
    const seeds = fc.sample(fc.infiniteStream(fc.nat()), 3)
    for (const seed of seeds) {
      const cuts = (rows: number): number[] =>
        Array.from({ length: Math.max(0, rows - 1) }, (_, i) => i + 1).filter(
          () => (seed.next().value ?? 0) % 2 === 0,
        )
      named('in other batches', { restarts: true, cuts })
    }
  }
}

describe.each(files)('$name', ({ name: file, cases }) => {
  it.for(cases)('$id $name', (one, context) => {
    const skipped = reasonNotToRun(one)
    if (skipped !== null) {
      outcomes.push({ file, id: one.id, failure: null, skipped })
      return context.skip(skipped)
    }
    let failure: string | null = null
    try {
      run(one)
      if (one.must_fail === true) failure = 'the case is wrong, and the driver took it for right'
    } catch (error) {
      if (!(error instanceof Mismatch)) failure = String(error)
      else if (one.must_fail !== true) failure = error.message
    }
    outcomes.push({ file, id: one.id, failure, skipped: null })
    expect(failure).toBeNull()
  })
})

afterAll(() => {
  if (outcomes.length > 0) process.stdout.write(`\n${summary(files, outcomes)}\n`)
})

describe('the page of the documentation', () => {
  it('lists every case; UPDATE=1 writes it', () => {
    const wanted = page(files)
    if (process.env['UPDATE'] === '1') writeFileSync(PAGE, wanted)
    expect(existsSync(PAGE) ? readFileSync(PAGE, 'utf8') : 'there is no page').toBe(wanted)
  })
})
