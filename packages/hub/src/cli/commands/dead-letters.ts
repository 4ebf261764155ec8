import { readFile } from 'node:fs/promises'
import { failed, type HubResponse, request } from '../client.ts'
import { confirm } from '../confirm.ts'
import { type CliContext, connection, format, type GlobalOptions, printJson } from '../context.ts'
import { CliError, EXIT } from '../exit-codes.ts'
import { count, counted, percent, utcTime } from '../formats.ts'
import { printable } from '../output.ts'
import { printTable } from '../table.ts'

const PATH = '/api/v1/dead-letters'

/** Options that choose letters; their names are those of the API. */
export interface LetterFilterOptions extends GlobalOptions {
  readonly code?: string
  readonly status?: string
  readonly receiver?: string
  readonly from?: string
  readonly to?: string
  readonly eventId?: string
  readonly text?: string
}

interface LetterView {
  readonly id: string
  readonly project: string
  readonly received_at: string
  readonly receiver: string
  readonly event_id: string | null
  readonly code: string
  readonly path: string
  readonly message: string
  readonly status: string
  readonly replayed_as: string | null
  readonly replayable: boolean
}

interface ResultView {
  readonly id: string
  readonly outcome: string
  readonly event_id: string | null
  readonly code: string | null
  readonly path: string | null
  readonly message: string | null
}

interface Resolved {
  readonly dry_run: boolean
  readonly counts: Readonly<Record<string, number>>
  readonly results: readonly ResultView[]
  readonly position: string | null
  readonly next: string | null
}

function filterOf(options: LetterFilterOptions): Record<string, string> {
  const { code, status, receiver, from, to, eventId, text } = options
  return givenOf({ code, status, receiver, from, to, event_id: eventId, text })
}

/** The members that have a value. */
function givenOf(members: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const given: Record<string, string> = {}
  for (const [name, value] of Object.entries(members)) if (value !== undefined) given[name] = value
  return given
}

async function ask(
  options: GlobalOptions,
  method: string,
  path: string,
  body?: unknown,
): Promise<HubResponse> {
  const sent =
    body === undefined ? undefined : { content: JSON.stringify(body), type: 'application/json' }
  const response = await request(connection(options), method, path, sent)
  if (response.status !== 200 && response.status !== 422) throw failed(response)
  if (response.status === 422 && (response.body as Partial<Resolved>).results === undefined) {
    throw failed(response)
  }
  return response
}

export interface ListOptions extends LetterFilterOptions {
  readonly limit?: number
  readonly cursor?: string
}

export async function lettersList(options: ListOptions, context: CliContext): Promise<void> {
  const parameters = new URLSearchParams(filterOf(options))
  if (options.limit !== undefined) parameters.set('limit', String(options.limit))
  if (options.cursor !== undefined) parameters.set('cursor', options.cursor)
  const { body } = await ask(bare(options), 'GET', `${PATH}?${parameters.toString()}`)
  const page = body as {
    readonly letters: readonly LetterView[]
    readonly total: number
    readonly by_code: Readonly<Record<string, number>>
    readonly next: string | null
  }
  if (format(bare(options), context) !== 'table') {
    printJson(context, page)
    return
  }
  const rows = page.letters.map((letter) => [
    letter.id,
    utcTime(letter.received_at),
    letter.status,
    letter.code,
    letter.path,
    letter.event_id ?? '',
    letter.message,
  ])
  const head = ['ID', 'RECEIVED', 'STATUS', 'CODE', 'PATH', 'EVENT', 'MESSAGE']
  printTable(context.terminal, head, rows, {
    optional: ['EVENT', 'RECEIVED', 'PATH'],
    keep: ['ID'],
  })
  const codes = Object.entries(page.by_code).map(([code, n]) => `${count(n)} ${code}`)
  const shown = page.letters.length < page.total ? `${count(page.letters.length)} of ` : ''
  context.terminal.err(`${shown}${counted(page.total, 'letter')}: ${codes.join(', ') || 'none'}\n`)
  if (page.next !== null) context.terminal.err(`More: --cursor ${page.next}\n`)
}

export async function letterShow(
  id: string,
  options: GlobalOptions,
  context: CliContext,
): Promise<void> {
  const { body } = await ask(options, 'GET', `${PATH}/${encodeURIComponent(id)}`)
  if (format(options, context) !== 'table') {
    printJson(context, body)
    return
  }
  const letter = body as LetterView & {
    readonly title: string
    readonly hint: string
    readonly body_form: string | null
    readonly event: unknown
    readonly text: string | null
  }
  const lines = [
    ['what', `${letter.title} (${letter.code})`],
    ['where', letter.path === '' ? 'the event itself' : letter.path],
    ['why', letter.message],
    ['do', letter.hint],
    ['received', `${letter.received_at} by ${letter.receiver}, project ${letter.project}`],
    ['event', letter.event_id ?? '(no id)'],
    ['status', letter.status],
    ['kept', letter.replayable ? 'the event as sent' : (letter.body_form ?? 'unknown')],
  ]
  for (const [name = '', value = ''] of lines) {
    context.terminal.out(`${name.padEnd(9)} ${printable(value)}\n`)
  }
  const kept = letter.event === null ? (letter.text ?? '') : JSON.stringify(letter.event, null, 2)
  context.terminal.out(`\n${kept.split('\n').map(printable).join('\n')}\n`)
}

export interface ReplayOptions extends LetterFilterOptions {
  readonly all?: boolean
  readonly unset?: readonly string[]
  readonly file?: string
  readonly dryRun?: boolean
}

export async function lettersReplay(
  ids: readonly string[],
  options: ReplayOptions,
  context: CliContext,
): Promise<void> {
  if (options.file !== undefined) {
    await replayCorrected(ids, options, options.file, context)
    return
  }
  const set = pointersOf(options)
  const patch = {
    ...(set.length === 0 ? {} : { set: assignments(set) }),
    ...(options.unset === undefined ? {} : { unset: options.unset }),
    ...(options.dryRun === true ? { dry_run: true } : {}),
  }
  await resolve('replay', ids, options, patch, context)
}

/** One letter, with the event of a file or of standard input (`-`) in its place. */
async function replayCorrected(
  ids: readonly string[],
  options: ReplayOptions,
  file: string,
  context: CliContext,
): Promise<void> {
  const [id, ...more] = ids
  if (
    id === undefined ||
    more.length > 0 ||
    pointersOf(options).length > 0 ||
    options.unset ||
    options.all
  ) {
    const message = '--file holds the corrected event of one letter: name that one and no --set'
    throw new CliError(message, EXIT.usage)
  }
  let event: unknown
  try {
    event = JSON.parse(file === '-' ? await context.stdin() : await readFile(file, 'utf8'))
  } catch (error) {
    throw new CliError(`--file ${file}: ${(error as Error).message}`, EXIT.usage)
  }
  const dryRun = options.dryRun === true ? '?dryRun=true' : ''
  const path = `${PATH}/${encodeURIComponent(id)}/replay${dryRun}`
  const { body } = await ask(bare(options), 'POST', path, event)
  report([body as Resolved], options, context)
}

export interface DismissOptions extends LetterFilterOptions {
  readonly all?: boolean
  readonly dryRun?: boolean
  readonly yes?: boolean
}

export async function lettersDismiss(
  ids: readonly string[],
  options: DismissOptions,
  context: CliContext,
): Promise<void> {
  checkChoice('dismiss', ids, options)
  if (options.dryRun === true) {
    const n = ids.length > 0 ? ids.length : await openLetters(options)
    context.terminal.err(`Would dismiss ${counted(n, 'letter')}. Nothing was changed.\n`)
    if (ids.length === 0) context.terminal.err('Which: llmhub dead-letters list --status open\n')
    return
  }
  const which =
    ids.length > 0 ? counted(ids.length, 'dead letter') : 'all open letters that pass the filter'
  await confirm({ what: `this dismisses ${which} for good`, word: 'dismiss' }, options, context)
  await resolve('dismiss', ids, options, {}, context)
}

/** @throws CliError unless letters are either named or chosen */
function checkChoice(act: string, ids: readonly string[], options: DismissOptions): void {
  if (ids.length > 0 === (options.all === true)) {
    const message = `name the letters to ${act}, or choose them with --all and a filter such as --code`
    throw new CliError(message, EXIT.usage)
  }
  if (ids.length > 0 && Object.keys(filterOf(options)).length > 0) {
    throw new CliError('letters are named, or chosen with --all and a filter: not both', EXIT.usage)
  }
}

/** How many open letters pass the filter. */
async function openLetters(options: LetterFilterOptions): Promise<number> {
  const parameters = new URLSearchParams({ ...filterOf(options), status: 'open', limit: '1' })
  const { body } = await ask(bare(options), 'GET', `${PATH}?${parameters.toString()}`)
  return (body as { readonly total: number }).total
}

/** Sends the letters page by page until all have had their turn. */
async function resolve(
  act: 'replay' | 'dismiss',
  ids: readonly string[],
  options: DismissOptions,
  more: Readonly<Record<string, unknown>>,
  context: CliContext,
): Promise<void> {
  checkChoice(act, ids, options)
  const filter = filterOf(options)
  const choice = ids.length > 0 ? { ids } : { filter }
  const pages: Resolved[] = []
  let cursor: string | null = null
  do {
    const body = { ...choice, ...more, ...(cursor === null ? {} : { cursor }) }
    const response: HubResponse = await ask(bare(options), 'POST', `${PATH}/${act}`, body)
    const page = response.body as Resolved
    pages.push(page)
    cursor = page.next
  } while (cursor !== null)
  report(pages, options, context)
  const found = new Set(pages.flatMap(({ results }) => results.map(({ id }) => id)))
  const missing = ids.filter((id) => !found.has(id))
  if (missing.length > 0) {
    throw new CliError(`there is no dead letter ${missing.join(', ')}`, EXIT.notFound)
  }
}

const FAILED = ['rejected', 'not_replayable', 'invalid_patch']

/** Prints what became of the letters. Exit 8 when some stay as they were. */
function report(pages: readonly Resolved[], options: GlobalOptions, context: CliContext): void {
  const results = pages.flatMap((page) => page.results)
  const counts: Record<string, number> = {}
  for (const { outcome } of results) counts[outcome] = (counts[outcome] ?? 0) + 1
  const dryRun = pages.some((page) => page.dry_run)
  const position = pages.findLast((page) => page.position !== null)?.position ?? null
  if (format(bare(options), context) === 'table') {
    const rows = results.map(({ id, outcome, event_id: event, code, path, message }) => [
      id,
      outcome,
      event ?? '',
      code ?? '',
      path ?? '',
      message ?? '',
    ])
    const head = ['ID', 'OUTCOME', 'EVENT', 'CODE', 'PATH', 'MESSAGE']
    printTable(context.terminal, head, rows, { optional: ['EVENT', 'PATH'], keep: ['ID'] })
  } else {
    printJson(context, { dry_run: dryRun, counts, results, position })
  }
  const said = Object.entries(counts).map(([outcome, n]) => `${count(n)} ${outcome}`)
  const trial = dryRun ? 'would be: ' : ''
  context.terminal.err(`${trial}${said.join(', ') || 'no letters'}\n`)
  if (FAILED.some((outcome) => (counts[outcome] ?? 0) > 0)) throw new CliError('', EXIT.partial)
}

export interface SummaryOptions extends GlobalOptions {
  readonly granularity?: string
  readonly from?: string
  readonly to?: string
  readonly timezone?: string
  readonly receiver?: string
}

export async function lettersSummary(options: SummaryOptions, context: CliContext): Promise<void> {
  const { granularity, from, to, timezone, receiver } = options
  const parameters = new URLSearchParams(givenOf({ granularity, from, to, timezone, receiver }))
  const { body } = await ask(options, 'GET', `${PATH}/summary?${parameters.toString()}`)
  if (format(options, context) !== 'table') {
    printJson(context, body)
    return
  }
  const summary = body as {
    readonly total: {
      readonly rejected: number
      readonly taken_in: number
      readonly rate: number | null
    }
    readonly by_code: Readonly<Record<string, number>>
    readonly buckets: readonly {
      readonly start: string
      readonly rejected: number
      readonly taken_in: number
      readonly rate: number | null
    }[]
  }
  const codes = Object.keys(summary.by_code)
  const rows = summary.buckets.map((bucket) => [
    utcTime(bucket.start),
    count(bucket.rejected),
    count(bucket.taken_in),
    percent(bucket.rate),
  ])
  printTable(context.terminal, ['START', 'REJECTED', 'TAKEN IN', 'RATE'], rows)
  const { rejected, taken_in: takenIn, rate } = summary.total
  const each = codes.map((code) => `${count(summary.by_code[code] ?? 0)} ${code}`)
  context.terminal.err(
    `${count(rejected)} rejected, ${count(takenIn)} taken in, ${percent(rate) || 'no rate'}: ${each.join(', ') || 'nothing rejected'}\n`,
  )
}

/** `--set /payload/model_id=gpt-4o` as pointer → value. */
function assignments(pairs: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(
    pairs.map((pair) => {
      const at = pair.indexOf('=')
      if (at <= 0) {
        const message = `--set ${pair}: expected a pointer and a value: /payload/model_id=gpt-4o`
        throw new CliError(message, EXIT.usage)
      }
      return [pair.slice(0, at), valueOf(pair.slice(at + 1))]
    }),
  )
}

/** JSON where it is JSON; anything else is the text itself. */
function valueOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

/** What `--set` gives that sets fields of events: a pointer starts with a slash, no option does. */
function pointersOf({ set = [] }: GlobalOptions): readonly string[] {
  return set.filter((pair) => pair.startsWith('/'))
}

/** The options with those of `--set` alone that set the configuration. */
function bare(options: GlobalOptions): GlobalOptions {
  const { set = [], ...rest } = options
  return { ...rest, set: set.filter((pair) => !pair.startsWith('/')) }
}
