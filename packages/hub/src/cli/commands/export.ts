import { FORMATS } from '../../formats/formats.ts'
import { download } from '../client.ts'
import { type CliContext, connection, type GlobalOptions } from '../context.ts'
import { CliError, EXIT } from '../exit-codes.ts'
import { filterOf } from '../filter.ts'
import { bytes, duration } from '../formats.ts'
import { printChunks, saveChunks } from '../save-chunks.ts'

export interface ExportOptions extends GlobalOptions {
  readonly from?: string
  readonly to?: string
  readonly where?: readonly string[]
  readonly kind?: readonly string[]
  readonly fields?: string
  readonly file?: string
  readonly project?: string
}

const OFFERED = ['ndjson', 'csv', 'parquet', 'arrow'] as const

/** By `-o`, else by the name of the file, else ndjson. */
function formatOf({ output, file }: ExportOptions): (typeof OFFERED)[number] {
  if (output !== undefined) {
    const asked = OFFERED.find((name) => name === output)
    if (asked !== undefined) return asked
    throw new CliError(`--output ${output}: expected ${OFFERED.join(', ')}`, EXIT.usage)
  }
  const named = OFFERED.find((name) => {
    const { extension } = FORMATS[name]
    return file?.endsWith(`.${extension}`) === true || file?.endsWith(`.${name}`) === true
  })
  if (named !== undefined) return named
  if (file === undefined) return 'ndjson'
  const message = `--file ${file}: its ending names no format of events; choose one with -o ${OFFERED.join(', ')}`
  throw new CliError(message, EXIT.usage)
}

/** `llmhub export events [--from --to --where --kind --fields] -o ndjson|csv|parquet|arrow [--file F]` */
export async function exportEvents(options: ExportOptions, context: CliContext): Promise<void> {
  const { from, to, where, kind, fields, file, project } = options
  const { terminal, clock } = context
  const name = formatOf(options)
  if (file === undefined && !FORMATS[name].isText) {
    throw new CliError(`${name} is not text: name a file for it with --file`, EXIT.usage)
  }
  const parameters = new URLSearchParams({ format: name })
  if (from !== undefined) parameters.set('from', from)
  if (to !== undefined) parameters.set('to', to)
  if (where !== undefined) parameters.set('where', JSON.stringify(where.map(filterOf)))
  if (kind !== undefined) parameters.set('kind', kind.join(','))
  if (fields !== undefined) parameters.set('fields', fields)
  const settings = { ...connection(options), ...(project === undefined ? {} : { project }) }
  const started = clock.monotonic()
  const path = `/api/v1/export/events?${parameters.toString()}`
  const { chunks } = await download(settings, 'GET', path, undefined, context.signal)
  if (file === undefined) {
    await printChunks(chunks, terminal)
    return
  }
  let shown = clock.monotonic()
  const size = await saveChunks(chunks, file, (written) => {
    const now = clock.monotonic()
    if (now - shown < (terminal.errIsTty ? 200 : 5000)) return
    shown = now
    const rate = written / ((now - started) / 1000)
    const line = `${file}: ${bytes(written)}  ${bytes(rate)}/s`
    terminal.err(terminal.errIsTty ? `\r\u001b[2K${line}` : `${line}\n`)
  })
  const seconds = (clock.monotonic() - started) / 1000
  if (terminal.errIsTty) terminal.err('\r\u001b[2K')
  terminal.err(`${file}: ${bytes(size)} in ${duration(seconds)}\n`)
}
