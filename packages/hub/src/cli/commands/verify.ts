import { hubAt } from '../client.ts'
import { type CliContext, connection, format, type GlobalOptions, printJson } from '../context.ts'
import { CliError, EXIT } from '../exit-codes.ts'
import { count } from '../formats.ts'
import { printTable } from '../table.ts'
import { journalVerify } from './journal.ts'

const KNOWN = ['log', 'store', 'rollups']

/** `llmhub verify log|store|rollups`: asks the running hub; `--offline` reads the log of a stopped one. */
export async function verify(
  what: string,
  options: GlobalOptions & { offline?: boolean },
  context: CliContext,
): Promise<void> {
  if (!KNOWN.includes(what)) {
    throw new CliError(`verify ${what}: expected one of ${KNOWN.join(', ')}`, EXIT.usage)
  }
  if (options.offline === true) {
    if (what === 'log') return journalVerify(options, context)
    const message = `the ${what} can be thrown away and is rebuilt from the log at the next start; offline only the log is worth checking`
    throw new CliError(message, EXIT.usage)
  }
  const hub = hubAt(connection(options))
  const answer = await hub.call('POST /api/v1/verify/{what}', { params: { what } })
  if (format(options, context) === 'table') {
    const rows = answer.checked.map(({ name, count: looked }) => [name, count(looked)])
    printTable(context.terminal, ['CHECKED', 'COUNT'], rows)
  } else {
    printJson(context, answer)
  }
  for (const problem of answer.problems) context.terminal.err(`! ${problem}\n`)
  if (answer.problems.length > 0) {
    throw new CliError(`${count(answer.problems.length)} problems in the ${what}`, EXIT.storage)
  }
  context.terminal.err(`${what}: whole\n`)
}
