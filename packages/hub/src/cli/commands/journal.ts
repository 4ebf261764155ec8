import { type Batch, decodeBatch, hasValue, numberAt, textAt } from '@llmhub/stream'
import { decodeOperation } from '../../log/operation.ts'
import { confirm } from '../confirm.ts'
import { type CliContext, format, type GlobalOptions, printJson } from '../context.ts'
import { CliError, EXIT } from '../exit-codes.ts'
import { bytes, count } from '../formats.ts'
import { onLockedFolder } from '../locked-folder.ts'
import { progressBar } from '../progress.ts'
import { printTable } from '../table.ts'

const onLog = <T>(options: GlobalOptions, work: (dir: string) => Promise<T>): Promise<T> =>
  onLockedFolder(options, 'log', 'ask it: llmhub verify log', work)

export async function journalVerify(options: GlobalOptions, context: CliContext): Promise<void> {
  const { verifyJournal } = await import('../../log/journal/verify.ts')
  const report = await onLog(options, (dir) => {
    const bar = progressBar('log', 'segments', context.terminal, context.clock)
    return verifyJournal(dir, ({ done, segments }) => bar.update(done, segments, done)).finally(
      () => bar.finish(),
    )
  })
  if (format(options, context) !== 'table') {
    context.terminal.out(
      `${JSON.stringify(report, (_key, value: unknown) => (typeof value === 'bigint' ? value.toString() : value), 2)}\n`,
    )
  } else {
    const rows = report.segments.map((segment) => [
      segment.partition,
      `${segment.first}…${segment.next}`,
      segment.records,
      bytes(segment.bytes),
      segment.compressed ? 'zstd' : 'open',
      segment.problem?.message ??
        (segment.tornTail === undefined
          ? 'whole'
          : `torn tail at byte ${segment.tornTail.position}; nothing acknowledged is in it`),
    ])
    printTable(
      context.terminal,
      ['PARTITION', 'OFFSETS', 'RECORDS', 'SIZE', 'FORM', 'STATE'],
      rows,
      { width: 200 },
    )
    for (const gap of report.gaps) {
      context.terminal.out(
        `gap in partition ${gap.partition}: offsets ${gap.first}…${gap.next}${gap.recorded ? ' (recorded by a repair)' : ''}\n`,
      )
    }
  }
  context.terminal.err(
    `${count(report.records)} records, ${bytes(report.bytes)}: ${report.ok ? 'whole' : 'DAMAGED'}\n`,
  )
  if (!report.ok)
    throw new CliError(
      'the log is damaged; see what a repair would do: llmhub journal repair --dry-run',
      EXIT.storage,
    )
}

export interface DumpCommandOptions extends GlobalOptions {
  readonly partition: number
  readonly from: number
  readonly limit: number
  readonly rows?: boolean
}

/** What a record of operations says, and how many rows it speaks of; its rows are objects. */
function operationIn(payload: Uint8Array): {
  readonly operation: Readonly<Record<string, unknown>>
  readonly rows: readonly Readonly<Record<string, unknown>>[]
} {
  try {
    const operation = decodeOperation(payload)
    if (operation.op === 'suppress') {
      const { rows, ...head } = operation
      return { operation: head, rows: rows.map((row) => ({ ...row })) }
    }
    const cut = Object.fromEntries([...operation.cut].map(([p, next]) => [p, String(next)]))
    if (operation.op === 'retain') return { operation: { ...operation, cut }, rows: [] }
    if (operation.op === 'resolve') {
      const { letters, ...head } = operation
      return { operation: { ...head, cut }, rows: letters.map((letter) => ({ ...letter })) }
    }
    const { rows, ...head } = operation
    return { operation: { ...head, cut }, rows: rowsOf(rows) }
  } catch (error) {
    // A record of a newer release is shown as far as it goes: the others are of interest all the same.
    return { operation: { unreadable: (error as Error).message }, rows: [] }
  }
}

/** Rows of a batch as objects. */
function rowsOf(batch: Batch): Record<string, unknown>[] {
  return Array.from({ length: batch.rows }, (_, row) => {
    const shown: Record<string, unknown> = {}
    for (const [name, column] of batch.columns) {
      if (!hasValue(column, row)) continue
      if (column.type === 'tags') {
        for (let i = column.offsets[row] ?? 0; i < (column.offsets[row + 1] ?? 0); i++) {
          shown[`tag.${column.keyNames[column.keys[i] ?? -1]}`] = textAt(column.values, i)
        }
      } else if (column.type === 'i64') shown[name] = String(column.data[row])
      else
        shown[name] =
          column.type === 'dict' || column.type === 'text'
            ? textAt(column, row)
            : numberAt(column, row)
    }
    return shown
  })
}

/** Records up to the first damage, then a `CliError` that says where it is. */
async function* untilDamage<T>(records: AsyncIterable<T>): AsyncGenerator<T, void, void> {
  const { JournalError } = await import('../../log/journal/problem.ts')
  try {
    yield* records
  } catch (error) {
    if (error instanceof JournalError) throw new CliError(error.message, EXIT.storage)
    throw error
  }
}

export async function journalDump(options: DumpCommandOptions, context: CliContext): Promise<void> {
  const { dumpJournal } = await import('../../log/journal/dump.ts')
  await onLog(options, async (dir) => {
    const asJson = format(options, context) !== 'table'
    const lines: unknown[][] = []
    const range = { partition: options.partition, from: BigInt(options.from), limit: options.limit }
    for await (const record of untilDamage(dumpJournal(dir, range))) {
      const { operation, rows } =
        record.kind === 'operation'
          ? operationIn(record.payload)
          : { operation: undefined, rows: rowsOf(decodeBatch(record.payload)) }
      if (asJson) {
        const line = {
          partition: record.partition,
          offset: String(record.offset),
          kind: record.kind,
          bytes: record.payload.length,
          durable: String(record.durable),
          operation,
          rows: options.rows === true ? rows : rows.length,
        }
        context.terminal.out(`${JSON.stringify(line)}\n`)
      } else {
        const { offset, kind, payload, durable } = record
        const what = operation === undefined ? '' : JSON.stringify(operation)
        lines.push([offset, kind, rows.length, payload.length, durable, what])
        if (options.rows === true)
          for (const row of rows) lines.push(['', '', '', '', '', JSON.stringify(row)])
      }
    }
    if (!asJson)
      printTable(
        context.terminal,
        ['OFFSET', 'KIND', 'ROWS', 'BYTES', 'DURABLE BEFORE', 'CONTENT'],
        lines.map((line) => line.map(String)),
        { width: 400 },
      )
  })
}

export interface RepairCommandOptions extends GlobalOptions {
  readonly yes?: boolean
  readonly dryRun?: boolean
  /** `<partition>:<offset>`, as the error of a start names it. */
  readonly keepFrom?: readonly string[]
}

/** Per partition, the offset below which the store has applied everything. */
function positions(texts: readonly string[] = []): Map<number, bigint> {
  return new Map(
    texts.map((text) => {
      const [, partition, offset] = /^(\d+):(\d+)$/.exec(text) ?? []
      if (partition === undefined || offset === undefined) {
        throw new CliError(`--keep-from takes <partition>:<offset>, not ${text}`, EXIT.usage)
      }
      return [Number(partition), BigInt(offset)]
    }),
  )
}

export async function journalRepair(
  options: RepairCommandOptions,
  context: CliContext,
): Promise<void> {
  const { repairJournal } = await import('../../log/journal/repair.ts')
  const dryRun = options.dryRun === true
  const keepFrom = positions(options.keepFrom)
  if (!dryRun) {
    const what = 'this cuts damaged ends off the log and sets damaged segments aside'
    await confirm({ what, word: 'repair' }, options, context)
  }
  const report = await onLog(options, (dir) => repairJournal(dir, { dryRun, keepFrom }))
  if (!report.ok) throw new CliError(report.error.message, EXIT.storage)
  if (format(options, context) === 'table') {
    const rows = report.actions.map((action) => [
      action.action,
      action.partition,
      action.path,
      action.position,
      action.lost.map((range) => `${range.first}…${range.next}`).join(' ') || 'none',
      action.reason,
    ])
    if (rows.length > 0) {
      printTable(
        context.terminal,
        ['ACTION', 'PARTITION', 'SEGMENT', 'BYTE', 'LOST OFFSETS', 'WHY'],
        rows,
        { width: 120 },
      )
    }
  } else {
    const { actions, holes } = report
    printJson(context, { done: !dryRun, actions, holes }, bigintAsText)
  }
  context.terminal.err(
    report.actions.length === 0
      ? 'Nothing to repair.\n'
      : dryRun
        ? 'Nothing was changed. To do it: llmhub journal repair --yes\n'
        : 'Repaired. The damaged files are kept in the quarantine folder of the log; the lost offsets are on record.\n',
  )
}

function bigintAsText(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? value.toString() : value
}
