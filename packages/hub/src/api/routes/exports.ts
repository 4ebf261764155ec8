import type { RequestErrorCode } from '@llmhub/schema'
import type { ProjectLimits } from '../../auth/project-limits.ts'
import type { Control } from '../../control/control.ts'
import type { Clock } from '../../core/clock.ts'
import type { Table } from '../../core/table.ts'
import { EVENT_SOURCE_COLUMNS, type EventOptions, eventOfRow } from '../../export/event-of-row.ts'
import type { Exporting, ExportSnapshot } from '../../export/export-rows.ts'
import { FORMATS } from '../../formats/formats.ts'
import { type ParsedQuestion, parseQuestion } from '../../query/parse-question.ts'
import { type ExportField, exportCell, parseFields } from '../export-fields.ts'
import { chooseExportProject } from '../export-project.ts'
import type { Problem } from '../problems.ts'
import { problem, retryAfter } from '../problems.ts'
import { PROJECT_HEADER } from '../project-header.ts'
import type { Call, Reply, Route } from '../route.ts'
import { unlessStalled } from '../unless-stalled.ts'

export interface ExportRouteDependencies {
  readonly exporting: Exporting
  readonly control: Pick<Control, 'projects'>
  readonly projectLimits: ProjectLimits
  readonly clock: Clock
  readonly random: () => number
}

/** Position of each partition that the rows were read up to: `0:1234,1:56`. */
const SNAPSHOT_HEADER = 'X-LLMHub-Snapshot'

/** For how long a reader may take nothing. */
const PATIENCE_MS = 300_000

const OFFERED = [FORMATS.ndjson, FORMATS.csv, FORMATS.parquet, FORMATS.arrow] as const

const EXPORT_PROBLEMS = [
  'invalid_request',
  'invalid_question',
  'not_found',
  'query_timeout',
  'result_too_large',
  'store_rebuilding',
  'too_many_queries',
] as const satisfies readonly RequestErrorCode[]

const FAILURES = {
  rebuilding: 'store_rebuilding',
  busy: 'too_many_queries',
  timeout: 'query_timeout',
  cancelled: 'query_timeout',
  too_many_rows: 'result_too_large',
  invalid: 'invalid_question',
} as const satisfies Record<string, (typeof EXPORT_PROBLEMS)[number]>

/** `GET /api/v1/export/events`: rows of events in a stream, as they were when it began. */
export function exportRoutes(dependencies: ExportRouteDependencies): readonly Route[] {
  const { clock, exporting, random } = dependencies

  /** The filters of the request, by way of a question that has them. */
  function filtersOf({ query }: Call): ParsedQuestion | Problem {
    let filters: unknown = []
    try {
      if (query['where'] !== undefined) filters = JSON.parse(query['where'])
    } catch (error) {
      return problem('invalid_request', `where: not valid JSON: ${(error as Error).message}`)
    }
    const isList = Array.isArray(filters)
    const kinds = query['kind']?.split(',').map((kind) => kind.trim())
    const where = {
      all: [
        ...(isList ? (filters as unknown[]) : [filters]),
        ...(kinds === undefined ? [] : [{ field: 'kind', op: 'in', value: kinds }]),
      ],
    }
    const question = { kind: 'list', where, from: query['from'] ?? 0, to: query['to'] ?? LAST_TIME }
    const parsed = parseQuestion(question, clock.nowMicros())
    if (parsed.ok) return parsed.question
    const message = parsed.issues.map((issue) => `${issue.path} ${issue.message}`).join('; ')
    return problem(parsed.code === 'not_supported' ? 'invalid_question' : parsed.code, message, {
      errors: parsed.issues,
    })
  }

  async function exportEvents(call: Call): Promise<Reply | Problem> {
    const format = OFFERED.find(({ name }) => name === call.query['format']) ?? FORMATS.ndjson
    const asEvents = format.name === 'ndjson' && call.query['fields'] === undefined
    const chosen = chooseExportProject(call, dependencies, asEvents)
    if ('problem' in chosen) return chosen
    const fields = parseFields(call.query['fields'])
    if (!fields.ok) {
      const errors = [{ path: 'fields', message: fields.message }]
      return problem('invalid_request', `fields ${fields.message}`, { errors })
    }
    const question = filtersOf(call)
    if ('problem' in question) return question
    const started = await exporting.start(
      {
        project: chosen.project,
        from: question.from,
        to: question.to,
        where: question.where,
        columns: asEvents
          ? EVENT_SOURCE_COLUMNS
          : [...new Set(fields.fields.map(({ column }) => column))],
        uncounted: asEvents || fields.fields.some(({ name }) => name === 'suppressed'),
      },
      call.signal(),
    )
    if (!started.ok) {
      const code = FAILURES[started.failure]
      return problem(code, started.message, retryAfter(code, random))
    }
    const { snapshot } = started
    const position = [...snapshot.position].map(([part, next]) => `${part}:${next}`).join(',')
    const body = asEvents
      ? eventLines(snapshot, exporting)
      : format.encode([tableOfRows(snapshot, fields.fields)], [['snapshot', position]])
    return {
      status: 200,
      mediaType: format.mediaType,
      headers: {
        [SNAPSHOT_HEADER.toLowerCase()]: position,
        'content-disposition': `attachment; filename="events.${format.extension}"`,
      },
      body: unlessStalled(body, PATIENCE_MS, clock),
    }
  }

  return [
    {
      method: 'GET',
      url: '/api/v1/export/events',
      permission: 'query:read',
      summary: 'Export rows of events',
      tags: ['events'],
      query: {
        checked: true,
        parameters: [
          {
            name: 'format',
            doc: 'ndjson holds whole events, to be imported again, unless fields are named.',
            values: OFFERED.map(({ name }) => name),
            default: 'ndjson',
          },
          { name: 'from', doc: 'Event time, inclusive. Default: the first.', example: 'now-7d' },
          { name: 'to', doc: 'Event time, exclusive. Default: the last.', example: 'now' },
          {
            name: 'where',
            doc: 'JSON: a list of filters, or a `where` of the question language.',
            example: '[{"field":"model","op":"eq","value":"gpt-4o"}]',
          },
          { name: 'kind', doc: 'Kinds of events, with commas.', example: 'llm_request' },
          {
            name: 'fields',
            doc: 'Columns, with commas: fields of questions, tag.<key>, time, received_at, project, tags, extra, …. Default: all.',
            example: 'time,model,cost,tag.team',
          },
        ],
      },
      headers: {
        [PROJECT_HEADER]:
          'Project to export, for keys bound to none. Default: all; whole events are exported of one.',
      },
      responses: {
        200: {
          description:
            'The rows, oldest first by arrival. An export that cannot go on, or whose reader takes nothing for five minutes, ends its connection before the end of the body.',
          content: Object.fromEntries(
            OFFERED.map(({ mediaType }) => [mediaType.split(';')[0] ?? '', { type: 'string' }]),
          ),
        },
      },
      problems: EXPORT_PROBLEMS,
      handle: exportEvents,
    },
  ]
}

/** The greatest time that an event can have: 2^53 µs, in the year 2255. */
const LAST_TIME = 9_007_199_254_740_991

async function* eventLines(
  { pages }: ExportSnapshot,
  options: EventOptions,
): AsyncGenerator<string> {
  const places = new Map(EVENT_SOURCE_COLUMNS.map((column, at) => [column, at]))
  for await (const rows of pages) {
    yield rows
      .map((cells) => {
        const event = eventOfRow((column) => cells[places.get(column) ?? -1] ?? null, options)
        return `${JSON.stringify(event)}\n`
      })
      .join('')
  }
}

function tableOfRows({ pages }: ExportSnapshot, fields: readonly ExportField[]): Table {
  const columns = [...new Set(fields.map(({ column }) => column))]
  const places = fields.map(({ column }) => columns.indexOf(column))
  return {
    name: 'Events',
    columns: fields,
    batches: (async function* () {
      for await (const rows of pages) {
        yield rows.map((cells) =>
          fields.map((field, at) => exportCell(field, cells[places[at] ?? -1] ?? null)),
        )
      }
    })(),
  }
}
