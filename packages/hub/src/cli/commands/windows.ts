import { readFile } from 'node:fs/promises'
import type { RequestOptions, Schemas } from '@llmhub/client'
import { hubAt } from '../client.ts'
import { type CliContext, connection, format, type GlobalOptions, printJson } from '../context.ts'
import { CliError, EXIT } from '../exit-codes.ts'
import { filterOf } from '../filter.ts'
import { count, duration, UNKNOWN, utcTime } from '../formats.ts'
import { printTable } from '../table.ts'

export interface ListOptions extends GlobalOptions {
  readonly project?: string
  readonly sizes?: boolean
}

type Window = Schemas['Window']
type WindowSize = Schemas['WindowSize']

export async function windowsList(options: ListOptions, context: CliContext): Promise<void> {
  const { project } = options
  const { windows } = await hubAt(connection(options), { project }).call('GET /api/v1/windows')
  if (format(options, context) !== 'table') {
    printJson(context, windows)
    return
  }
  const head = ['NAME', options.sizes === true ? 'SIZE' : 'SIZES', 'PROJECT', 'BY', ...STATE]
  const rows = windows.flatMap((window) => {
    const about = [window.project ?? '(each)', window.by.join(' ')]
    const sizes = window.sizes.map(({ size }) => size)
    return options.sizes === true
      ? window.sizes.map((size) => [window.name, size.size, ...about, ...stateOf([size])])
      : [[window.name, sizes.join(' '), ...about, ...stateOf(window.sizes)]]
  })
  printTable(context.terminal, head, rows, {
    keep: ['NAME', 'SIZE', 'SIZES'],
    optional: ['LATE', 'GROUPS', 'PROJECT'],
  })
}

const STATE = ['WATERMARK', 'BEHIND', 'OPEN', 'GROUPS', 'LATE', 'BEYOND LIMIT'] as const

/** The state of several sizes together: of times the worst, of counts the sum; their groups are the same. */
function stateOf(sizes: readonly WindowSize[]): readonly string[] {
  const marks = sizes.map(({ watermark }) => watermark).filter((each) => each !== null)
  const behind = Math.max(0, ...sizes.map(({ lag_ms: lag }) => lag))
  const sum = (of: (size: WindowSize) => number): string =>
    count(sizes.reduce((all, size) => all + of(size), 0))
  const most = (of: (size: WindowSize) => number): string => count(Math.max(0, ...sizes.map(of)))
  return [
    marks.length === 0 ? UNKNOWN : utcTime(marks.toSorted()[0] ?? ''),
    behind < 1000 ? 'no' : duration(behind / 1000),
    sum(({ open_windows: open }) => open),
    most(({ groups }) => groups),
    sum(({ late }) => late),
    most(({ overflow }) => overflow),
  ]
}

export interface NewWindowOptions extends GlobalOptions {
  readonly measure?: readonly string[]
  readonly window?: readonly string[]
  readonly by?: readonly string[]
  readonly where?: readonly string[]
  readonly project?: string
  readonly trigger?: string
  readonly lateness?: string
  readonly maxGroups?: number
  readonly file?: string
  readonly dryRun?: boolean
}

type NewWindow = NonNullable<RequestOptions<'POST /api/v1/windows'>['body']>

export async function windowsAdd(
  name: string | undefined,
  options: NewWindowOptions,
  context: CliContext,
): Promise<void> {
  const body = await bodyOf(name, options, context)
  const dryRun = options.dryRun === true
  const window = await hubAt(connection(options)).call('POST /api/v1/windows', {
    body,
    query: { dryRun: dryRun ? 'true' : 'false' },
  })
  if (format(options, context) !== 'table') printJson(context, window)
  const told = dryRun
    ? `${window.name} is valid. Nothing was changed.`
    : `${window.name} is counted from now on. Watch it: llmhub windows watch ${window.name}`
  context.terminal.err(`${told}\n`)
}

async function bodyOf(
  name: string | undefined,
  options: NewWindowOptions,
  context: CliContext,
): Promise<NewWindow> {
  const { file } = options
  if (file !== undefined) {
    const own = await readDefinition(file, context)
    return name === undefined ? own : { ...own, name }
  }
  if (name === undefined) throw new CliError('windows add: give a name, or --file', EXIT.usage)
  const { by = [], lateness, maxGroups, measure, project, trigger, where } = options
  const { window = ['1m'] } = options
  if (measure === undefined) {
    const see = 'llmhub query --list shows what there is'
    throw new CliError(`windows add: give at least one --measure; ${see}`, EXIT.usage)
  }
  return {
    name,
    windows: [...window],
    by: [...by],
    measures: [...measure],
    ...(where === undefined ? {} : { where: { all: where.map(filterOf) } }),
    ...(project === undefined ? {} : { project }),
    ...(trigger === undefined ? {} : { trigger: triggerOf(trigger) }),
    ...(lateness === undefined ? {} : { lateness }),
    ...(maxGroups === undefined ? {} : { max_groups: maxGroups }),
  }
}

function triggerOf(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      return value as Record<string, unknown>
    }
  } catch {
    // The message below says what is expected.
  }
  throw new CliError(
    `--trigger ${text}: expected a JSON object, such as '{"on":"watermark"}'`,
    EXIT.usage,
  )
}

/** What a listing says beyond the definition. */
const NOT_DEFINED = ['origin', 'created_at', 'created_by', 'sizes'] as const

async function readDefinition(file: string, { stdin }: CliContext): Promise<NewWindow> {
  let value: unknown
  try {
    value = JSON.parse(file === '-' ? await stdin() : await readFile(file, 'utf8'))
  } catch (error) {
    throw new CliError(`--file ${file}: ${(error as Error).message}`, EXIT.usage)
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new CliError(`--file ${file}: expected a JSON object`, EXIT.usage)
  }
  const members = Object.entries(value).filter(
    ([member]) => !(NOT_DEFINED as readonly string[]).includes(member),
  )
  return Object.fromEntries(members) as NewWindow
}

export async function windowsRemove(
  name: string,
  options: GlobalOptions,
  context: CliContext,
): Promise<void> {
  const hub = hubAt(connection(options))
  const window: Window = await hub.call('DELETE /api/v1/windows/{name}', { params: { name } })
  if (format(options, context) !== 'table') printJson(context, window)
  context.terminal.err(`Removed ${name}.\n`)
}
