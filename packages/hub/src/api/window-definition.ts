/** A live window as people define it, in JSON: checked part by part, and every fault is named at once. */

import { nearestName } from '@llmhub/schema'
import { CALENDAR_STEPS, parseStep } from '@llmhub/stream'
import { PROJECT_NAME } from '../auth/principal.ts'
import { compileDefinition } from '../live/compile.ts'
import { type LiveDefinition, type LiveWindow, sizeOf } from '../live/live.ts'
import { FIELDS, fieldNamed } from '../query/dimensions.ts'
import { MEASURES, measureNamed } from '../query/measures.ts'
import { isRecord, parseWhere, type WhereContext } from '../query/parse-where.ts'
import { planMeasures } from '../query/plan-measures.ts'
import type { ProblemDetail } from './problems.ts'

export const WINDOW_LIMITS = { windows: 8, by: 4, measures: 30, groups: 100_000 } as const

export type ParsedDefinition =
  | { readonly ok: true; readonly definition: LiveDefinition }
  | { readonly ok: false; readonly errors: readonly ProblemDetail[] }

const NAME = /^[a-z][a-z0-9._-]{0,62}$/

const MEMBERS = [
  'name',
  'project',
  'windows',
  'by',
  'measures',
  'where',
  'trigger',
  'lateness',
  'max_groups',
] as const

const DIMENSIONS = FIELDS.filter(({ groups }) => groups).map(({ name }) => name)

type Json = Readonly<Record<string, unknown>>

/** @param project what it is of where it does not say so itself */
export function parseWindowDefinition(value: unknown, project: string | null): ParsedDefinition {
  const errors: ProblemDetail[] = []
  if (!isRecord(value)) {
    return {
      ok: false,
      errors: [{ path: '', message: 'is an object with name, windows and measures' }],
    }
  }
  checkMembers(value, MEMBERS, '', errors)
  const definition: LiveDefinition = {
    name: parseName(value['name'], errors),
    project: parseProject(value['project'], project, errors),
    windows: parseWindows(value['windows'], errors),
    by: parseBy(value['by'], errors),
    measures: parseMeasures(value['measures'], errors),
    where: parseFilters(value['where'], errors),
    ...parseTrigger(value['trigger'], errors),
    ...(value['lateness'] === undefined || value['lateness'] === null
      ? {}
      : { lateness: parseDuration(value['lateness'], '/lateness', errors, true) }),
    ...parseGroups(value['max_groups'], errors),
  }
  if (errors.length > 0) return { ok: false, errors }
  const compiled = compileDefinition(definition, planMeasures)
  if (compiled.ok) return { ok: true, definition }
  const told = compiled.issues.map(({ message, path }) => {
    return { path: path === '/maxGroups' ? '/max_groups' : path, message }
  })
  return { ok: false, errors: told }
}

function parseName(value: unknown, errors: ProblemDetail[]): string {
  if (typeof value === 'string' && NAME.test(value)) return value
  const message = value === undefined ? 'is missing' : `has to match ${NAME.source}`
  errors.push({ path: '/name', message, hint: 'For example "errors-by-service".' })
  return ''
}

function parseProject(
  value: unknown,
  otherwise: string | null,
  errors: ProblemDetail[],
): string | null {
  if (value === undefined) return otherwise
  if (value === null) return null
  if (typeof value === 'string' && PROJECT_NAME.test(value)) return value
  errors.push({ path: '/project', message: 'is the name of a project, or null for each of them' })
  return null
}

function parseWindows(value: unknown, errors: ProblemDetail[]): readonly LiveWindow[] {
  const list = listOf(
    value,
    '/windows',
    1,
    WINDOW_LIMITS.windows,
    errors,
    'For example ["1m", "1h"].',
  )
  const windows = list.map((each, at) => parseWindow(each, `/windows/${at}`, errors))
  const known = windows.filter((window) => window !== null)
  const sizes = known.map(sizeOf)
  const twice = sizes.find((size, at) => sizes.indexOf(size) !== at)
  if (twice !== undefined) errors.push({ path: '/windows', message: `"${twice}" is there twice` })
  return known
}

const WINDOW_MEMBERS = {
  calendar: ['step', 'zone'],
  tumbling: ['size', 'offset'],
  hopping: ['size', 'slide', 'offset'],
  cumulate: ['size', 'step', 'offset'],
  session: ['gap', 'longest'],
} as const satisfies Record<LiveWindow['type'], readonly string[]>

type WindowType = keyof typeof WINDOW_MEMBERS
const WINDOW_TYPES = Object.keys(WINDOW_MEMBERS) as readonly WindowType[]

/** What every window of a type has to say. */
const NEEDED: Readonly<Record<WindowType, readonly string[]>> = {
  calendar: ['step'],
  tumbling: ['size'],
  hopping: ['size', 'slide'],
  cumulate: ['size', 'step'],
  session: ['gap'],
}

/** A window as an object, or as the text that names its size: `1h`, `90s`, `10m/1m`, `session 30m`. */
function parseWindow(value: unknown, path: string, errors: ProblemDetail[]): LiveWindow | null {
  if (typeof value === 'string') return parseWindowText(value, path, errors)
  if (!isRecord(value)) {
    errors.push({ path, message: 'is a text such as "5m", or an object with a `type`' })
    return null
  }
  const type = WINDOW_TYPES.find((each) => each === value['type'])
  if (type === undefined) {
    const message = `there is no such type; use ${WINDOW_TYPES.join(', ')}`
    errors.push({ path: `${path}/type`, message, ...meant(value['type'], WINDOW_TYPES) })
    return null
  }
  const before = errors.length
  checkMembers(value, ['type', ...WINDOW_MEMBERS[type]], path, errors)
  for (const member of NEEDED[type]) {
    if (value[member] === undefined)
      errors.push({ path: `${path}/${member}`, message: 'is missing' })
  }
  if (errors.length > before) return null
  if (type === 'calendar') return parseCalendar(value, path, errors)
  const durations = WINDOW_MEMBERS[type].filter((member) => value[member] !== undefined)
  for (const member of durations) {
    parseDuration(value[member], `${path}/${member}`, errors, member === 'offset')
  }
  return errors.length > before ? null : (value as unknown as LiveWindow)
}

function parseCalendar(value: Json, path: string, errors: ProblemDetail[]): LiveWindow | null {
  const step = typeof value['step'] === 'string' ? parseStep(value['step']) : null
  const { zone } = value
  if (step === null) {
    const message = `is one of ${CALENDAR_STEPS.join(', ')}`
    const hint = 'Other lengths are windows of type tumbling.'
    errors.push({ path: `${path}/step`, message, hint })
  }
  if (zone !== undefined && !isZone(zone)) {
    const message = 'is no time zone; use a name such as Europe/Berlin'
    errors.push({ path: `${path}/zone`, message })
    return null
  }
  if (step === null) return null
  return { type: 'calendar', step, ...(typeof zone === 'string' ? { zone } : {}) }
}

const TEXT_HINT = 'For example "1h", "90s", "10m/1m" (ten minutes, every minute) or "session 30m".'

function parseWindowText(text: string, path: string, errors: ProblemDetail[]): LiveWindow | null {
  const step = CALENDAR_STEPS.find((each) => each === text)
  if (step !== undefined) return { type: 'calendar', step }
  const [, gap] = /^session (\S+)$/.exec(text) ?? []
  const [size = '', slide, ...more] = text.split('/')
  const durations = gap === undefined ? [size, slide].filter((each) => each !== undefined) : [gap]
  if (more.length > 0 || !durations.every((each) => isDuration(each, false))) {
    errors.push({ path, message: `"${text.slice(0, 64)}" is no window`, hint: TEXT_HINT })
    return null
  }
  if (gap !== undefined) return { type: 'session', gap }
  return slide === undefined ? { type: 'tumbling', size } : { type: 'hopping', size, slide }
}

function parseBy(value: unknown, errors: ProblemDetail[]): readonly string[] {
  if (value === undefined || value === null) return []
  const list = listOf(value, '/by', 0, WINDOW_LIMITS.by, errors, 'For example ["model"].')
  const names = list.map((each, at) => {
    const field = typeof each === 'string' ? fieldNamed(each) : undefined
    if (field?.groups === true) return field.name
    const path = `/by/${at}`
    if (field === undefined) {
      const message = `${quoted(each)} is no dimension`
      errors.push({ path, message, ...(meantOrNone(each, DIMENSIONS) ?? SEE_CATALOGUE) })
    } else
      errors.push({
        path,
        message: `${quoted(each)} names single events or numbers: no group has one`,
      })
    return ''
  })
  checkTwice(names, '/by', errors)
  return names
}

const SEE_CATALOGUE = { hint: 'GET /api/v1/semantic lists them; `tag.<key>` is one too.' }

function parseMeasures(value: unknown, errors: ProblemDetail[]): readonly string[] {
  const hint = 'For example ["requests.count", "latency.p95"].'
  const list = listOf(value, '/measures', 1, WINDOW_LIMITS.measures, errors, hint)
  const names = list.map((each, at) => {
    const path = `/measures/${at}`
    const spec = typeof each === 'string' ? measureNamed(each) : undefined
    if (spec === undefined) {
      const known = MEASURES.map(({ name }) => name)
      const message = `${quoted(each)} is no measure`
      const other = { hint: 'GET /api/v1/semantic lists them.' }
      errors.push({ path, message, ...(meantOrNone(each, known) ?? other) })
      return ''
    }
    if (spec.parts.some(({ fn }) => fn === 'distinct')) {
      const message = `"${spec.name}" counts distinct values, which live windows do not hold`
      errors.push({ path, message, hint: 'Ask for it: POST /api/v1/query.' })
    }
    return spec.name
  })
  checkTwice(names, '/measures', errors)
  return names
}

function parseFilters(value: unknown, errors: ProblemDetail[]): LiveDefinition['where'] {
  const context: WhereContext = { issues: [], fields: new Set(), filters: 0 }
  parseWhere(value, '/where', context)
  errors.push(...context.issues)
  return isRecord(value) ? value : null
}

/** What a trigger may be is checked with the whole definition. */
function parseTrigger(value: unknown, errors: ProblemDetail[]): Pick<LiveDefinition, 'trigger'> {
  if (value === undefined || value === null) return {}
  if (isRecord(value))
    return { trigger: value as unknown as NonNullable<LiveDefinition['trigger']> }
  const hint =
    'For example {"on": "watermark"}: only at the end of the window, and with late events.'
  errors.push({ path: '/trigger', message: 'is an object with `on`', hint })
  return {}
}

function parseGroups(value: unknown, errors: ProblemDetail[]): Pick<LiveDefinition, 'maxGroups'> {
  if (value === undefined || value === null) return {}
  const most = WINDOW_LIMITS.groups
  if (Number.isSafeInteger(value) && (value as number) >= 1 && (value as number) <= most) {
    return { maxGroups: value as number }
  }
  errors.push({ path: '/max_groups', message: `is a whole number from 1 to ${most}` })
  return {}
}

function parseDuration(
  value: unknown,
  path: string,
  errors: ProblemDetail[],
  mayBeZero: boolean,
): string {
  if (typeof value === 'string' && isDuration(value, mayBeZero)) return value
  errors.push({
    path,
    message: `${quoted(value)} is no duration`,
    hint: 'For example "90s", "10m" or "1h30m".',
  })
  return ''
}

const DURATION = /^(?:\d{1,9}(?:ms|s|m|h|d|w))+$/

function isDuration(text: string, mayBeZero: boolean): boolean {
  return DURATION.test(text) && (mayBeZero || /[1-9]/.test(text))
}

function isZone(value: unknown): boolean {
  if (typeof value !== 'string') return false
  try {
    new Intl.DateTimeFormat('en', { timeZone: value })
    return true
  } catch {
    return false
  }
}

function listOf(
  value: unknown,
  path: string,
  least: number,
  most: number,
  errors: ProblemDetail[],
  hint: string,
): readonly unknown[] {
  const list = Array.isArray(value) ? (value as readonly unknown[]) : null
  if (list !== null && list.length >= least && list.length <= most) return list
  const message =
    value === undefined
      ? 'is missing'
      : list !== null && list.length > most
        ? `has more than ${most} entries`
        : `is a list${least > 0 ? ' with at least one entry' : ''}`
  errors.push({ path, message, hint })
  return []
}

function checkMembers(
  value: Json,
  known: readonly string[],
  path: string,
  errors: ProblemDetail[],
): void {
  for (const name of Object.keys(value)) {
    if (known.includes(name)) continue
    const message = `is not known here; use ${known.join(', ')}`
    errors.push({ path: `${path}/${name.slice(0, 64)}`, message, ...meant(name, known) })
  }
}

function checkTwice(names: readonly string[], path: string, errors: ProblemDetail[]): void {
  const twice = names.find((name, at) => name !== '' && names.indexOf(name) !== at)
  if (twice !== undefined) errors.push({ path, message: `"${twice}" is there twice` })
}

function quoted(value: unknown): string {
  return typeof value === 'string'
    ? `"${value.slice(0, 64)}"`
    : (JSON.stringify(value)?.slice(0, 64) ?? 'it')
}

function meantOrNone(
  value: unknown,
  known: readonly string[],
): { readonly hint: string } | undefined {
  const nearest = typeof value === 'string' ? nearestName(value, known) : null
  return nearest === null ? undefined : { hint: `Did you mean ${nearest}?` }
}

function meant(value: unknown, known: readonly string[]): { readonly hint?: string } {
  return meantOrNone(value, known) ?? {}
}
