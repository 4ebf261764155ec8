import { BACKFILL } from '../../log/log.ts'
import type { EventReply, EventRequest } from '../../receivers/http/receive.ts'
import { EVENT_MEDIA_TYPES } from '../../receivers/http/receive.ts'
import type { ApiDependencies } from '../dependencies.ts'
import type { Problem } from '../problems.ts'
import { problem } from '../problems.ts'
import { projectToWrite } from '../project-header.ts'
import type { Call, Reply, Route, RouteQuery } from '../route.ts'
import { INTAKE_ANSWER_SCHEMA } from '../schemas.ts'

/** SHA-256 of a file, in hex. */
const FILE_HASH = /^[0-9a-f]{64}$/

const RANGE: RouteQuery = {
  checked: true,
  parameters: [
    { name: 'from', doc: 'Row of the file that the first event comes from.', example: '0' },
    { name: 'next', doc: 'Row after the last one of this request.', example: '5000' },
    {
      name: 'last',
      doc: 'Whether the file ends here.',
      values: ['true', 'false'],
      default: 'false',
    },
  ],
}

const PROGRESS_SCHEMA = {
  type: 'object',
  required: ['rows', 'done'],
  properties: { rows: { type: 'integer' }, done: { type: 'boolean' } },
  additionalProperties: false,
} as const

/**
 * The ledger of imports. A file is known by its hash; its rows are sent in order in chunks, and the
 * hub keeps how far it has got per project: rows before that are answered as duplicates without being
 * looked at, however long ago they came. Events go to the backfill partition.
 */
export function importRoutes(
  dependencies: Pick<ApiDependencies, 'control' | 'projectLimits'>,
  receive: (request: EventRequest) => Promise<EventReply>,
): readonly Route[] {
  const { control, projectLimits } = dependencies

  function ledgerKey(call: Call): { key: string; project: string } | Problem {
    const file = call.params['file'] ?? ''
    if (!FILE_HASH.test(file))
      return problem('invalid_request', 'a file is named by its SHA-256 in hex')
    const chosen = projectToWrite(call, projectLimits)
    if ('problem' in chosen) return chosen
    const { project } = chosen
    return { key: `${project}/${file}`, project }
  }

  async function takeRows(call: Call): Promise<Reply | Problem> {
    const ledger = ledgerKey(call)
    if (!('key' in ledger)) return ledger
    const from = Number(call.query['from'])
    const next = Number(call.query['next'])
    if (!Number.isSafeInteger(from) || !Number.isSafeInteger(next) || from < 0 || next < from) {
      return problem(
        'invalid_request',
        '`from` and `next` are row numbers, `next` not before `from`',
      )
    }
    const known = control.importProgress(ledger.key)?.rows ?? 0
    if (from > known) {
      return problem(
        'conflict',
        `rows ${known} to ${from} of the file have not been sent; go on at row ${known}`,
      )
    }
    const reply = await receive({
      headers: call.headers,
      body: call.stream,
      project: ledger.project,
      dryRun: false,
      receiver: 'import',
      partition: BACKFILL,
    })
    if (!reply.ok) {
      const wait = reply.retryAfterSeconds
      return problem(
        reply.code,
        reply.message,
        wait === undefined ? {} : { retryAfterSeconds: wait },
      )
    }
    if (next > known) control.putImportProgress(ledger.key, next, call.query['last'] === 'true')
    return { status: 200, body: reply.answer }
  }

  function readProgress(call: Call): Reply | Problem {
    const ledger = ledgerKey(call)
    if (!('key' in ledger)) return ledger
    const progress = control.importProgress(ledger.key) ?? { rows: 0, done: false }
    return { status: 200, body: progress }
  }

  return [
    {
      method: 'GET',
      url: '/api/v1/imports/:file',
      permission: 'ingest:write',
      summary: 'How far the import of a file has got',
      tags: ['events'],
      responses: {
        200: { description: 'Rows taken in.', content: { 'application/json': PROGRESS_SCHEMA } },
      },
      problems: ['invalid_request', 'not_found'],
      handle: readProgress,
    },
    {
      method: 'POST',
      url: '/api/v1/imports/:file',
      permission: 'ingest:write',
      summary: 'Take in the next rows of a file',
      tags: ['events'],
      query: RANGE,
      body: {
        type: 'stream',
        content: Object.fromEntries(
          EVENT_MEDIA_TYPES.map((media) => [media, { type: 'array', items: { type: 'object' } }]),
        ),
      },
      responses: {
        200: {
          description: 'Every event has an outcome; the rows are recorded.',
          content: { 'application/json': INTAKE_ANSWER_SCHEMA },
        },
      },
      problems: [
        'invalid_json',
        'invalid_encoding',
        'invalid_request',
        'conflict',
        'body_too_large',
        'too_many_events',
        'unsupported_media_type',
        'rate_limited',
        'overloaded',
        'disk_full',
        'storage_failed',
      ],
      handle: takeRows,
    },
  ]
}
