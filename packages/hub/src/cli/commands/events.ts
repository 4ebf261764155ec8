import { styleText } from 'node:util'
import type { Answer } from '@llmhub/client'
import { hubAt } from '../client.ts'
import { type CliContext, connection, format, type GlobalOptions, printJson } from '../context.ts'
import { milliseconds, money } from '../events/event-line.ts'
import { count, duration } from '../formats.ts'
import { printable } from '../output.ts'
import { printTable } from '../table.ts'

export interface ReadOptions extends GlobalOptions {
  readonly project?: string
  readonly from?: string
  readonly to?: string
}

/** The hub to ask, and what of it. */
function asked(id: string, { project, from, to, ...options }: ReadOptions) {
  return {
    hub: hubAt(connection(options), { project }),
    given: { params: { id }, query: { from, to } },
  }
}

/** `llmhub events show ID` */
export async function eventShow(
  id: string,
  options: ReadOptions,
  context: CliContext,
): Promise<void> {
  const { hub, given } = asked(id, options)
  const detail = await hub.call('GET /api/v1/events/{id}', given)
  if (format(options, context) !== 'table') {
    printJson(context, detail)
    return
  }
  const { terminal } = context
  const rows = Object.entries(detail.event).map(([name, value]) => [name, printable(value)])
  printTable(terminal, ['FIELD', 'VALUE'], rows, { width: 4000 })
  if (detail.reports.length > 0) {
    const reports = detail.reports.map((each) => [
      each.event_id,
      each.kind,
      each.time,
      each.counted ? 'yes' : 'no',
      each.why,
    ])
    terminal.out(`\nReports of this call:\n`)
    printTable(terminal, ['EVENT', 'KIND', 'TIME', 'COUNTED', 'WHY'], reports, {
      width: 90,
      keep: ['EVENT'],
    })
  }
  for (const other of detail.also) {
    terminal.err(`! project ${printable(other.project)} has an event of this id too\n`)
  }
}

type SpanView = Answer<'GET /api/v1/traces/{id}'>['root']

const NAME_WIDTH = 40
const LEAST_BAR = 10

/** `llmhub trace ID`: the tree with a bar per span; what the end waited for is drawn solid. */
export async function traceShow(
  id: string,
  options: ReadOptions,
  context: CliContext,
): Promise<void> {
  const { hub, given } = asked(id, options)
  const trace = await hub.call('GET /api/v1/traces/{id}', given)
  if (format(options, context) !== 'table') {
    printJson(context, trace)
    return
  }
  const { terminal } = context
  const width = Math.max(LEAST_BAR, Math.min(60, terminal.columns - NAME_WIDTH - 34))
  const lines: string[] = []
  for (const { span, stem } of stemmed(trace.root)) {
    const failedHere = span.status === 'error' || span.status === 'timeout'
    const note = failedHere ? `  ✗ ${printable(span.error_type ?? span.status)}` : ''
    const label = `${stem}${printable(span.name)}${span.orphan ? ' (its parent is missing)' : ''}`
    const line = [
      fit(label, NAME_WIDTH),
      bar(span, trace.duration_ms, width),
      milliseconds(span.duration_ms).padStart(8),
      `self ${milliseconds(span.self_ms)}`.padEnd(13),
      span.total.cost === null ? '' : `$${money(span.total.cost)}`,
    ].join(' ')
    const whole = `${line.trimEnd()}${note}`
    lines.push(
      failedHere && terminal.color ? styleText('red', whole, { validateStream: false }) : whole,
    )
  }
  terminal.out(`${lines.join('\n')}\n`)
  const parts = [
    `${count(trace.spans)} spans`,
    `${milliseconds(trace.duration_ms)} from ${trace.start}`,
    `${count(trace.errors)} errors`,
    `${count(trace.input_tokens)}→${count(trace.output_tokens)} tokens`,
    trace.cost === null ? 'no cost known' : `$${money(trace.cost)}`,
  ]
  terminal.err(`${parts.join(' · ')}   ${SOLID} what the end waited for  ${LIGHT} the rest\n`)
  if (trace.partial) terminal.err('! it has more spans: the newest are shown\n')
}

/** The spans from the root on, with the lines that lead to them. No recursion: traces may be deep. */
function stemmed(root: SpanView): { readonly span: SpanView; readonly stem: string }[] {
  const found: { span: SpanView; stem: string }[] = []
  const open = [{ span: root, stem: '', below: '' }]
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { span, stem, below } = next
    found.push({ span, stem })
    // The schema of the answer cannot say that children are spans as well.
    const children = span.children as readonly unknown[] as readonly SpanView[]
    const last = children.length - 1
    for (const [at, child] of [...children.entries()].reverse()) {
      const isLast = at === last
      open.push({
        span: child,
        stem: `${below}${isLast ? '└ ' : '├ '}`,
        below: `${below}${isLast ? '  ' : '│ '}`,
      })
    }
  }
  return found
}

const SOLID = '█'
const LIGHT = '░'

function bar({ offset_ms, duration_ms, critical }: SpanView, whole: number, width: number): string {
  const scale = whole > 0 ? width / whole : 0
  const from = Math.min(width - 1, Math.floor(offset_ms * scale))
  const length = Math.max(1, Math.min(width - from, Math.round(duration_ms * scale)))
  return `${' '.repeat(from)}${(critical ? SOLID : LIGHT).repeat(length)}`.padEnd(width)
}

function fit(text: string, width: number): string {
  return text.length <= width ? text.padEnd(width) : `${text.slice(0, width - 1)}…`
}

/** `llmhub conversation ID` */
export async function conversationShow(
  id: string,
  options: ReadOptions,
  context: CliContext,
): Promise<void> {
  const { hub, given } = asked(id, options)
  const found = await hub.call('GET /api/v1/conversations/{id}', given)
  if (format(options, context) !== 'table') {
    printJson(context, found)
    return
  }
  const { terminal } = context
  const rows = found.events.map((event) => [
    String(event['time']).replace('T', ' ').replace(/Z$/, ''),
    event['kind'],
    event['model'] ?? event['name'],
    event['status'],
    milliseconds(event['latency']),
    event['input_tokens'],
    event['output_tokens'],
    money(event['cost']),
    event['user'],
  ])
  const head = ['TIME (UTC)', 'KIND', 'MODEL', 'STATUS', 'LATENCY', 'IN', 'OUT', 'COST $', 'USER']
  printTable(terminal, head, rows, { width: 30, optional: ['STATUS', 'KIND', 'USER'] })
  const parts = [
    `${count(found.turns)} turns in ${duration(found.duration_seconds)}`,
    `${count(found.errors)} errors`,
    `${count(found.input_tokens)}→${count(found.output_tokens)} tokens`,
    found.cost === null ? 'no cost known' : `$${money(found.cost)}`,
    ...(found.unpriced > 0 ? [`${count(found.unpriced)} unpriced`] : []),
    ...(found.users.length > 1 ? [`users ${found.users.map(printable).join(', ')}`] : []),
  ]
  terminal.err(`${parts.join(' · ')}\n`)
  if (found.partial) terminal.err('! it has more events: the newest are shown\n')
}
