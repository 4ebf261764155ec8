import type { Schemas } from '@llmhub/client'
import { type Hub, hubAt } from '../client.ts'
import { confirm } from '../confirm.ts'
import { type CliContext, connection, format, type GlobalOptions, printJson } from '../context.ts'
import { CliError, EXIT } from '../exit-codes.ts'
import { bytes, count, counted, utcTime } from '../formats.ts'
import { printTable, table } from '../table.ts'

type Counts = Schemas['ErasureSummary']['rows']
type Receipt = Schemas['Erasure']

const LOOK_MS = 500

export interface EraseOptions extends GlobalOptions {
  readonly userId: string
  readonly project?: string
  readonly mentions?: string
  readonly dryRun?: boolean
  readonly yes?: boolean
}

/**
 * `llmhub erase`: shows the counts, has them confirmed by typing the user id, erases, and waits for
 * the end, which an interrupt does not stop. Prints the receipt where it is not for a terminal.
 */
export async function erase(options: EraseOptions, context: CliContext): Promise<void> {
  const hub = hubAt(connection(options))
  const { terminal } = context
  const body = {
    subject: { user_id: options.userId },
    project: options.project ?? null,
    // Which modes there are is for the hub to say.
    mentions: (options.mentions ?? 'words') as Receipt['mentions'],
  }
  const asTable = format(options, context) === 'table'
  const post = (dryRun: boolean) =>
    hub.call('POST /api/v1/erasures', { body: { ...body, dry_run: dryRun } })
  const dry = await post(true)
  if (!('dry_run' in dry)) throw new TypeError('a dry run was answered with an erasure')
  const { rows, held_by: heldBy } = dry
  const dryRun = options.dryRun === true
  if (dryRun && !asTable) return printJson(context, dry)
  const print = (text: string) => (dryRun ? terminal.out(text) : terminal.err(text))
  // With --yes nobody looks before it is done, and the receipt has the same counts.
  if (dryRun || options.yes !== true) print(countsTable(rows))
  if (heldBy.length > 0) terminal.err(`! held by ${heldBy.join(', ')}: it would be refused\n`)
  if (dryRun) {
    terminal.err('Nothing was erased.\n')
    return
  }
  await confirm({ what: 'this erases rows for good', word: options.userId }, options, context)
  const begun = await post(false)
  if ('dry_run' in begun) throw new TypeError('an erasure was answered with a dry run')
  const receipt = await finished(hub, begun.id, context)
  if (!asTable) return printJson(context, receipt)
  printReceipt(receipt, context)
}

async function finished(hub: Hub, id: string, context: CliContext): Promise<Receipt> {
  for (;;) {
    const receipt = await hub.call('GET /api/v1/erasures/{id}', { params: { id } })
    if (receipt.state === 'done') return receipt
    if (context.signal.aborted) {
      throw new CliError(
        `the erasure goes on in the hub; see: llmhub erasures ${id}`,
        EXIT.interrupted,
      )
    }
    await new Promise<void>((resume) => context.clock.hold(LOOK_MS, resume))
  }
}

/** `llmhub erasures [id]`: the ledger, or one receipt. */
export async function erasures(
  id: string | undefined,
  options: GlobalOptions,
  context: CliContext,
): Promise<void> {
  const hub = hubAt(connection(options))
  const asTable = format(options, context) === 'table'
  if (id !== undefined) {
    const receipt = await hub.call('GET /api/v1/erasures/{id}', { params: { id } })
    if (asTable) printReceipt(receipt, context)
    else printJson(context, receipt)
    return
  }
  const { erasures: found } = await hub.call('GET /api/v1/erasures')
  if (!asTable) return printJson(context, found)
  const rows = found.map((each) => [
    each.id,
    each.state,
    utcTime(each.created_at),
    each.project ?? '(all)',
    count(total(each.rows.own)),
    count(total(each.rows.mentions)),
  ])
  const head = ['ID', 'STATE', 'CREATED', 'PROJECT', 'OWN', 'MENTIONS']
  printTable(context.terminal, head, rows, { optional: ['CREATED', 'PROJECT'], keep: ['ID'] })
}

function total(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((sum, each) => sum + each, 0)
}

function countsTable(rows: Counts): string {
  const lines = [
    ...Object.entries(rows.own).map(([family, n]) => ['own', family, count(n), 'erased']),
    ...Object.entries(rows.mentions).map(([column, n]) => ['mention', column, count(n), 'erased']),
    ...Object.entries(rows.left).map(([column, n]) => ['mention', column, count(n), 'left']),
  ]
  return table(['WHAT', 'FAMILY OR COLUMN', 'ROWS', 'THEN'], lines)
}

function printReceipt(receipt: Receipt, { terminal }: CliContext): void {
  const { verification } = receipt
  terminal.out(countsTable(receipt.rows))
  const lines = [`${receipt.id}: ${receipt.state}`]
  if (receipt.state === 'done') {
    lines.push(
      `log: ${counted(receipt.segments_rewritten ?? 0, 'segment')} rewritten`,
      `store: ${bytes(receipt.bytes_before ?? 0)} before, ${bytes(receipt.bytes_after ?? 0)} after`,
    )
  }
  if (verification !== null) {
    lines.push(`looked at again: ${count(verification.records)} records by ${verification.by}`)
    if (verification.left !== null && verification.left > 0) {
      lines.push(
        `! ${count(verification.left)} records still hold the characters in rows that stay`,
      )
    }
    if (verification.control === true) {
      lines.push('! a key, project, policy or hold has a name or reason that contains the user id')
    }
  }
  terminal.err(`${lines.join('\n')}\n`)
}
