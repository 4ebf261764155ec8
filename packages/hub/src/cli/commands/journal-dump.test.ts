import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { openJournal } from '../../log/journal/journal.ts'
import { encodeOperation } from '../../log/operation.ts'
import { erasedRows } from '../../log/operation-rows.ts'
import { rememberingContext } from '../remembering-context.fixture.ts'
import { journalDump } from './journal.ts'

let folder: string
let { context, written } = rememberingContext()
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'llmhub-dump-'))
  ;({ context, written } = rememberingContext())
})
afterEach(() => rmSync(folder, { recursive: true }))

it('shows what operations say and the rows they speak of, one of a newer release too', async () => {
  const opened = await openJournal({ dir: join(folder, 'log') })
  if (!opened.ok) throw new Error(opened.error.message)
  const head = { id: 'o1', at: 5, by: 'k1', cut: new Map([[1, 9n]]) }
  const payloads = [
    encodeOperation({
      op: 'suppress',
      project: 'p',
      rows: [{ partition: 0, offset: '1', index: 2 }],
    }),
    encodeOperation({
      op: 'erase',
      ...head,
      reason: 'subject_request',
      rows: erasedRows([{ partition: 1, offset: 8n, index: 0 }]),
    }),
    encodeOperation({
      op: 'resolve',
      ...head,
      as: 'replayed',
      letters: [{ project: 'p', rejectId: 'r1', eventId: 'e1' }],
    }),
    encodeOperation({
      op: 'retain',
      ...head,
      project: null,
      family: 'telemetry',
      from: null,
      before: 7,
    }),
    Buffer.from('{"op":"rotate"}'),
  ]
  await opened.journal.append(
    0,
    payloads.map((payload) => ({ kind: 'operation', payload })),
  )
  await opened.journal.close()
  const options = { set: [`data_dir=${folder}`], partition: 0, from: 0, limit: 10, rows: true }
  await journalDump(options, context)
  const lines = written.out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { operation: unknown; rows: unknown })
  const shown = { id: 'o1', at: 5, by: 'k1', cut: { 1: '9' } }
  expect(lines.map(({ operation, rows }) => ({ operation, rows }))).toEqual([
    {
      operation: { op: 'suppress', project: 'p' },
      rows: [{ partition: 0, offset: '1', index: 2 }],
    },
    {
      operation: { op: 'erase', ...shown, reason: 'subject_request' },
      rows: [{ partition: 1, offset: '8', index: 0, letter: 0 }],
    },
    {
      operation: { op: 'resolve', ...shown, as: 'replayed' },
      rows: [{ project: 'p', rejectId: 'r1', eventId: 'e1' }],
    },
    {
      operation: {
        op: 'retain',
        ...shown,
        project: null,
        family: 'telemetry',
        from: null,
        before: 7,
      },
      rows: [],
    },
    {
      operation: {
        unreadable: 'operation record of an unknown kind: it was written by a newer release',
      },
      rows: [],
    },
  ])
  ;({ context, written } = rememberingContext())
  await journalDump({ ...options, rows: false, output: 'table' }, context)
  expect(written.out).toContain('"op":"erase"')
  expect(written.out).not.toContain('letter')
})

it('says where the log is damaged, as an error of the storage', async () => {
  mkdirSync(join(folder, 'log', '0'), { recursive: true })
  writeFileSync(join(folder, 'log', '0', '00000000000000000000.seg'), 'no header')
  const options = { set: [`data_dir=${folder}`], partition: 0, from: 0, limit: 5 }
  await expect(journalDump(options, context)).rejects.toMatchObject({
    name: 'CliError',
    exitCode: 75,
    message: expect.stringMatching(/0\.seg.*header.*journal repair --dry-run/),
  })
})
