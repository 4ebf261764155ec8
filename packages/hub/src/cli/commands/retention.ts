import { failed, request } from '../client.ts'
import { confirm } from '../confirm.ts'
import { type CliContext, connection, format, type GlobalOptions, printJson } from '../context.ts'
import { CliError, EXIT } from '../exit-codes.ts'
import { bytes, count } from '../formats.ts'
import { table } from '../output.ts'

interface Policy {
  readonly project: string | null
  readonly family: string | null
  readonly days: number
}

interface Cut {
  readonly project: string | null
  readonly family: string | null
  readonly from: string | null
  readonly before: string
  readonly found: boolean
  readonly rows: number | null
}

interface Run {
  readonly dry_run: boolean
  readonly at: string
  readonly cuts: readonly Cut[]
  readonly log: {
    readonly dropped: number
    readonly rewritten: number
    readonly bytes_before: number
    readonly bytes_after: number
    readonly problems: readonly string[]
  } | null
}

const URL_PATH = '/api/v1/retention'

function daysText(days: number): string {
  return days === 0 ? 'for ever' : count(days)
}

export async function retentionShow(options: GlobalOptions, context: CliContext): Promise<void> {
  const response = await request(connection(options), 'GET', URL_PATH)
  if (response.status !== 200) throw failed(response)
  const found = response.body as {
    readonly default_days: number
    readonly dead_letter_days: number
    readonly policies: readonly Policy[]
    readonly last_run: Run | null
  }
  if (format(options, context) !== 'table') {
    printJson(context, found)
    return
  }
  const rows = found.policies.map(({ project, family, days }) => [
    project ?? 'every project',
    family ?? 'all events',
    daysText(days),
    'policy',
  ])
  // What has a policy of its own for every project never falls back to the configuration.
  const isRuled = (family: string | null): boolean =>
    found.policies.some((policy) => policy.project === null && policy.family === family)
  if (!isRuled(null)) {
    rows.push(['every project', 'all events', daysText(found.default_days), 'retention.days'])
  }
  if (!isRuled('dead_letters')) {
    const days = daysText(found.dead_letter_days)
    rows.push(['every project', 'dead_letters', days, 'dead_letters.days'])
  }
  context.terminal.out(table(['PROJECT', 'FAMILY', 'DAYS', 'SET BY'], rows))
  if (found.last_run !== null) context.terminal.err(`last run: ${found.last_run.at}\n`)
}

export interface PolicyOptions extends GlobalOptions {
  readonly project?: string
  readonly family?: string
  readonly remove?: boolean
  readonly dryRun?: boolean
  readonly yes?: boolean
}

export async function retentionSet(
  days: string | undefined,
  options: PolicyOptions,
  context: CliContext,
): Promise<void> {
  const whole = Number(days)
  const isDays = days !== undefined && Number.isSafeInteger(whole) && whole >= 0
  if (options.remove !== true && !isDays) {
    throw new CliError('retention set: give the days to keep, 0 for ever, or --remove', EXIT.usage)
  }
  if (options.remove === true && days !== undefined) {
    throw new CliError('retention set: --remove goes without days', EXIT.usage)
  }
  const policy = {
    project: options.project ?? null,
    family: options.family ?? null,
    days: options.remove === true ? null : whole,
  }
  if (options.dryRun === true) {
    await showRun({ dry_run: true, policy }, options, context)
    return
  }
  const whose = `${options.family ?? 'events'} of ${options.project ?? 'every project'}`
  if (options.remove === true) {
    const what = `without its policy a less specific one decides about ${whose}`
    await confirm({ what, word: 'remove' }, options, context)
    const query = new URLSearchParams()
    if (options.project !== undefined) query.set('project', options.project)
    if (options.family !== undefined) query.set('family', options.family)
    const response = await request(connection(options), 'DELETE', `${URL_PATH}?${query.toString()}`)
    if (response.status !== 204) throw failed(response)
    context.terminal.err('Removed.\n')
    return
  }
  const what = whole === 0 ? 'are kept for ever' : `are deleted after ${whole} days`
  // What is kept for ever deletes nothing, and can be taken back.
  if (whole > 0) {
    await confirm(
      { what: `${whose} ${what}, within the hour`, word: `${whole} days` },
      options,
      context,
    )
  }
  const response = await request(connection(options), 'PUT', URL_PATH, {
    content: JSON.stringify(policy),
    type: 'application/json',
  })
  if (response.status !== 200) throw failed(response)
  context.terminal.err(`${whose} ${what}. See what that is: llmhub retention run --dry-run\n`)
}

/** Says what would be, and how to see which rows that concerns. */
function dryRunOf(message: string, { terminal }: CliContext): void {
  terminal.err(`${message} Nothing was changed.\n`)
}

export interface RunOptions extends GlobalOptions {
  readonly dryRun?: boolean
  readonly yes?: boolean
}

export async function retentionRun(options: RunOptions, context: CliContext): Promise<void> {
  const dryRun = options.dryRun === true
  if (!dryRun)
    await confirm({ what: 'this deletes rows for good', word: 'delete' }, options, context)
  await showRun({ dry_run: dryRun }, options, context)
}

/** Runs retention, or has it say what it would do, and shows what it answers. */
async function showRun(
  body: { readonly dry_run: boolean; readonly policy?: unknown },
  options: GlobalOptions,
  context: CliContext,
): Promise<void> {
  const response = await request(connection(options), 'POST', `${URL_PATH}/run`, {
    content: JSON.stringify(body),
    type: 'application/json',
  })
  if (response.status !== 200) throw failed(response)
  const run = response.body as Run
  if (format(options, context) !== 'table') {
    printJson(context, run)
    return
  }
  const rows = run.cuts.map((cut) => [
    cut.project ?? 'every project',
    cut.family ?? 'all events',
    cut.from ?? '',
    cut.before,
    cut.rows === null ? (cut.found ? 'deleted' : 'none') : count(cut.rows),
  ])
  context.terminal.out(table(['PROJECT', 'FAMILY', 'FROM', 'BEFORE', 'ROWS'], rows))
  if (run.dry_run) context.terminal.err('Nothing was deleted.\n')
  if (run.log === null) return
  const { dropped, rewritten, bytes_before: before, bytes_after: after, problems } = run.log
  context.terminal.err(
    `log: ${dropped} segments dropped, ${rewritten} rewritten, ${bytes(before)} before, ${bytes(after)} after\n`,
  )
  for (const problem of problems) context.terminal.err(`! ${problem}\n`)
}

interface HoldView {
  readonly name: string
  readonly project: string
  readonly family: string | null
  readonly from: string | null
  readonly to: string | null
  readonly reason: string
  readonly released_at: string | null
}

export async function holdsList(options: GlobalOptions, context: CliContext): Promise<void> {
  const response = await request(connection(options), 'GET', '/api/v1/holds')
  if (response.status !== 200) throw failed(response)
  const { holds } = response.body as { readonly holds: readonly HoldView[] }
  if (format(options, context) !== 'table') {
    printJson(context, holds)
    return
  }
  const rows = holds.map((hold) => [
    hold.name,
    hold.project,
    hold.family ?? 'everything',
    hold.from ?? '',
    hold.to ?? '',
    hold.released_at === null ? 'in force' : `released ${hold.released_at}`,
    hold.reason,
  ])
  context.terminal.out(table(['NAME', 'PROJECT', 'FAMILY', 'FROM', 'TO', 'STATE', 'REASON'], rows))
}

export interface HoldOptions extends GlobalOptions {
  readonly project: string
  readonly reason: string
  readonly family?: string
  readonly from?: string
  readonly to?: string
}

export async function holdsPut(
  name: string,
  options: HoldOptions,
  context: CliContext,
): Promise<void> {
  const body = {
    project: options.project,
    reason: options.reason,
    family: options.family ?? null,
    from: options.from ?? null,
    to: options.to ?? null,
  }
  const response = await request(connection(options), 'PUT', holdPath(name), {
    content: JSON.stringify(body),
    type: 'application/json',
  })
  if (response.status !== 200) throw failed(response)
  context.terminal.err(`${name} is in force.\n`)
}

export interface ReleaseOptions extends GlobalOptions {
  readonly dryRun?: boolean
  readonly yes?: boolean
}

export async function holdsRelease(
  name: string,
  options: ReleaseOptions,
  context: CliContext,
): Promise<void> {
  const settings = connection(options)
  const what = `releasing ${name} lets retention delete what it held`
  if (options.dryRun === true) {
    const listed = await request(settings, 'GET', '/api/v1/holds')
    if (listed.status !== 200) throw failed(listed)
    const { holds } = listed.body as { readonly holds: readonly HoldView[] }
    const hold = holds.find((each) => each.name === name)
    if (hold === undefined) throw new CliError(`there is no hold ${name}`, EXIT.notFound)
    const about = `${hold.family ?? 'everything'} of ${hold.project}, held for: ${hold.reason}`
    return dryRunOf(`Would release ${name} (${about}); retention may delete it then.`, context)
  }
  await confirm({ what, word: name }, options, context)
  const response = await request(settings, 'DELETE', holdPath(name))
  if (response.status !== 200) throw failed(response)
  context.terminal.err(`Released ${name}.\n`)
}

function holdPath(name: string): string {
  return `/api/v1/holds/${encodeURIComponent(name)}`
}
