import type { CaseFile } from './case.ts'

export interface Outcome {
  readonly file: string
  readonly id: string
  /** Null: as the case says. */
  readonly failure: string | null
  /** Null: the case ran. */
  readonly skipped: string | null
}

/** The table that a run prints. */
export function summary(files: readonly CaseFile[], outcomes: readonly Outcome[]): string {
  const rows = files.map(({ name, cases }) => {
    const own = outcomes.filter(({ file }) => file === name)
    const passed = own.filter(({ failure, skipped }) => failure === null && skipped === null).length
    const differ = cases.filter(({ differs }) => differs !== undefined).length
    const skipped = own.filter((one) => one.skipped !== null).length
    return [name, cases.length, passed, differ, own.length - passed - skipped, skipped].map(String)
  })
  const total = [1, 2, 3, 4, 5].map((i) =>
    String(rows.reduce((sum, row) => sum + Number(row[i]), 0)),
  )
  const head = ['file', 'cases', 'passed', 'of them different on purpose', 'failed', 'not run']
  const all = [head, ...rows, ['all', ...total]]
  const widths = head.map((_, i) => Math.max(...all.map((row) => (row[i] ?? '').length)))
  return all
    .map((row) =>
      row
        .map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)))
        .join('  '),
    )
    .join('\n')
}

/** docs/reference/stream-conformance.md: every case with its source, and why ours differs where it does. */
export function page(files: readonly CaseFile[]): string {
  const count = files.reduce((sum, { cases }) => sum + cases.length, 0)
  const different = files.flatMap(({ cases }) => cases.filter((one) => one.differs !== undefined))
  return [
    '# What other engines answer, and what ours does',
    '',
    `${count} cases from the tests of other stream processors are data in`,
    '[`packages/stream/test/conformance`](../../packages/stream/test/conformance), each with its source. One driver,',
    '[`conformance.test.ts`](../../packages/stream/test/conformance.test.ts), runs every case as it is, with a restart from a snapshot',
    'after every step, with its batches cut at random, and on both ways through the engine; nothing of that may change a result.',
    'Cases that a correct engine must refuse are there too: the driver has to report them. Of the Nexmark queries only the windows and',
    'groups run on the engine; filters and joins of whole tables are plain code around it.',
    '',
    '| file | cases | different on purpose | source |',
    '|---|--:|--:|---|',
    ...files.map(({ name, source, cases }) => {
      const differ = cases.filter(({ differs }) => differs !== undefined).length
      return `| ${name} | ${cases.length} | ${differ} | ${source} |`
    }),
    '',
    '## Where ours is different on purpose',
    '',
    'Engines disagree with one another; these are the cases in which ours follows another one, or none.',
    '',
    '| case | name in its source | why | theirs |',
    '|---|---|---|---|',
    ...different.map(
      ({ id, name, differs, theirs }) =>
        `| ${id} | ${name} | ${differs} | \`${JSON.stringify(theirs)}\` |`,
    ),
    '',
    '## Cases',
    '',
    ...files.flatMap(({ name, cases }) => [
      `### ${name}`,
      '',
      ...cases.map((one) => {
        const marks = [
          one.must_fail === true ? 'must be refused' : null,
          one.differs === undefined ? null : 'different on purpose',
          one.note ?? null,
        ].filter((mark) => mark !== null)
        return `- **${one.id}** ${one.name}${marks.length === 0 ? '' : `: ${marks.join('; ')}`}`
      }),
      '',
    ]),
  ].join('\n')
}
