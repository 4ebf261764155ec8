import type { RequestOptions, Schemas } from '@llmhub/client'
import { hubAt } from '../client.ts'
import { confirm } from '../confirm.ts'
import { type CliContext, connection, format, type GlobalOptions, printJson } from '../context.ts'
import { CliError, EXIT } from '../exit-codes.ts'
import { bytes, count, counted, utcTime } from '../formats.ts'
import { printTable } from '../table.ts'

function daysText(days: number): string {
  return days === 0 ? 'for ever' : count(days)
}

export async function retentionShow(options: GlobalOptions, context: CliContext): Promise<void> {
  const found = await hubAt(connection(options)).call('GET /api/v1/retention')
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
  printTable(context.terminal, ['PROJECT', 'FAMILY', 'DAYS', 'SET BY'], rows)
  if (found.last_run !== null) context.terminal.err(`last run: ${utcTime(found.last_run.at)}\n`)
}

function familyText(family: string | undefined): string {
  if (family === undefined) return 'events'
  return family === 'dead_letters' ? 'dead letters' : `${family} events`
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
    family: familyOf(options) ?? null,
  }
  if (options.dryRun === true) {
    const days = options.remove === true ? null : whole
    await showRun({ dry_run: true, policy: { ...policy, days } }, options, context)
    return
  }
  const whose = `${familyText(options.family)} of ${options.project ?? 'every project'}`
  if (options.remove === true) {
    const what = `without its policy a less specific one decides about ${whose}`
    await confirm({ what, word: 'remove' }, options, context)
    const query = { project: options.project, family: familyOf(options) }
    await hubAt(connection(options)).call('DELETE /api/v1/retention', { query })
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
  await hubAt(connection(options)).call('PUT /api/v1/retention', {
    body: { ...policy, days: whole },
  })
  context.terminal.err(`${whose} ${what}. See what that is: llmhub retention run --dry-run\n`)
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
  body: NonNullable<RequestOptions<'POST /api/v1/retention/run'>['body']>,
  options: GlobalOptions,
  context: CliContext,
): Promise<void> {
  const run = await hubAt(connection(options)).call('POST /api/v1/retention/run', { body })
  if (format(options, context) !== 'table') {
    printJson(context, run)
    return
  }
  const rows = run.cuts.map((cut) => [
    cut.project ?? 'every project',
    cut.family ?? 'all events',
    utcTime(cut.from ?? ''),
    utcTime(cut.before),
    cut.rows === null ? (cut.found ? 'deleted' : 'none') : count(cut.rows),
  ])
  printTable(context.terminal, ['PROJECT', 'FAMILY', 'FROM', 'BEFORE', 'ROWS'], rows)
  if (run.dry_run) context.terminal.err('Nothing was deleted.\n')
  if (run.log === null) return
  const { dropped, rewritten, bytes_before: before, bytes_after: after, problems } = run.log
  context.terminal.err(
    `log: ${counted(dropped, 'segment')} dropped, ${rewritten} rewritten, ${bytes(before)} before, ${bytes(after)} after\n`,
  )
  for (const problem of problems) context.terminal.err(`! ${problem}\n`)
}

export async function holdsList(options: GlobalOptions, context: CliContext): Promise<void> {
  const { holds } = await hubAt(connection(options)).call('GET /api/v1/holds')
  if (format(options, context) !== 'table') {
    printJson(context, holds)
    return
  }
  const rows = holds.map((hold) => [
    hold.name,
    hold.project,
    hold.family ?? 'everything',
    utcTime(hold.from ?? ''),
    utcTime(hold.to ?? ''),
    hold.released_at === null ? 'in force' : `released ${utcTime(hold.released_at)}`,
    hold.reason,
  ])
  printTable(context.terminal, ['NAME', 'PROJECT', 'FAMILY', 'FROM', 'TO', 'STATE', 'REASON'], rows)
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
    family: familyOf(options) ?? null,
    from: options.from ?? null,
    to: options.to ?? null,
  }
  await hubAt(connection(options)).call('PUT /api/v1/holds/{name}', { params: { name }, body })
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
  const hub = hubAt(connection(options))
  const what = `releasing ${name} lets retention delete what it held`
  if (options.dryRun === true) {
    const { holds } = await hub.call('GET /api/v1/holds')
    const hold = holds.find((each) => each.name === name)
    if (hold === undefined) throw new CliError(`there is no hold ${name}`, EXIT.notFound)
    const about = `${hold.family ?? 'everything'} of ${hold.project}, held for: ${hold.reason}`
    context.terminal.err(
      `Would release ${name} (${about}); retention may delete it then. Nothing was changed.\n`,
    )
    return
  }
  await confirm({ what, word: name }, options, context)
  await hub.call('DELETE /api/v1/holds/{name}', { params: { name } })
  context.terminal.err(`Released ${name}.\n`)
}

type Kept = NonNullable<Schemas['RetentionPolicy']['family']>

/** A family as it was typed: which there are is for the hub to say. */
function familyOf({ family }: { readonly family?: string }): Kept | undefined {
  return family as Kept | undefined
}
