import { BACKFILL } from '../../log/log.ts'
import type { EventReply, EventRequest } from '../../receivers/http/receive.ts'
import { EVENT_MEDIA_TYPES } from '../../receivers/http/receive.ts'
import type { ApiDependencies } from '../dependencies.ts'
import type { Problem } from '../problems.ts'
import { problem, retryAfter } from '../problems.ts'
import { projectToWrite } from '../project-header.ts'
import type { Call, Reply, Route, RouteQuery } from '../route.ts'
import { EVENT_SCHEMA, INTAKE_ANSWER_SCHEMA } from '../schemas.ts'
import { INTAKE_PROBLEMS } from './events.ts'

/** SHA-256 of a file, in hex. */
const FILE_HASH = /^[0-9a-f]{64}$/

/** SHA-256 of how the rows become events, in hex. */
const MAPPING = {
  name: 'mapping',
  doc: 'SHA-256 in hex of how the rows become events: another mapping of the file has a progress of its own.',
} as const

const RANGE: RouteQuery = {
  checked: true,
  parameters: [
    MAPPING,
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
  title: 'ImportProgress',
  type: 'object',
  required: ['rows', 'done'],
  properties: { rows: { type: 'integer' }, done: { type: 'boolean' } },
  additionalProperties: false,
} as const

interface LedgerKey {
  readonly key: string
  readonly project: string
}

/**
 * The ledger of imports. A file is known by its hash and that of its mapping; its rows are sent in order in chunks, and the
 * hub keeps how far it has got per project, so that a client goes on there. Rows sent twice, because
 * an answer was lost, are found by their ids. Events go to the backfill partition.
 */
export function importRoutes(
  dependencies: Pick<ApiDependencies, 'control' | 'projectLimits' | 'random'>,
  receive: (request: EventRequest) => Promise<EventReply>,
): readonly Route[] {
  const { control, projectLimits, random } = dependencies

  function ledgerKey(call: Call): LedgerKey | Problem {
    const file = call.params['file'] ?? ''
    if (!FILE_HASH.test(file))
      return problem('invalid_request', 'a file is named by its SHA-256 in hex')
    const { mapping } = call.query
    if (mapping !== undefined && !FILE_HASH.test(mapping))
      return problem('invalid_request', '`mapping` is a SHA-256 in hex')
    const chosen = projectToWrite(call, projectLimits)
    if ('problem' in chosen) return chosen
    const { project } = chosen
    return { key: [project, file, ...(mapping === undefined ? [] : [mapping])].join('/'), project }
  }

  function chunkOf(call: Call): { ledger: LedgerKey; next: number } | Problem {
    const ledger = ledgerKey(call)
    if ('problem' in ledger) return ledger
    const from = rowNumber(call.query['from'])
    const next = rowNumber(call.query['next'])
    if (from === null || next === null || next < from) {
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
    return { ledger, next }
  }

  async function takeRows(call: Call): Promise<Reply | Problem> {
    const chunk = chunkOf(call)
    if ('problem' in chunk) {
      call.stream.resume()
      return chunk
    }
    const { ledger, next } = chunk
    const reply = await receive({
      headers: call.headers,
      body: call.stream,
      project: ledger.project,
      dryRun: false,
      receiver: 'import',
      partition: BACKFILL,
    })
    if (!reply.ok) {
      const wait = retryAfter(reply.code, random, reply.retryAfterSeconds)
      return problem(reply.code, reply.message, wait)
    }
    // Read again: another sender of the same file may have got further meanwhile.
    const before = control.importProgress(ledger.key) ?? { rows: 0, done: false }
    if (next >= before.rows) {
      control.putImportProgress(ledger.key, next, before.done || call.query['last'] === 'true')
    }
    return { status: 200, body: reply.answer }
  }

  function readProgress(call: Call): Reply | Problem {
    const ledger = ledgerKey(call)
    if ('problem' in ledger) return ledger
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
      params: { file: 'SHA-256 of the file, in hex.' },
      query: { checked: true, parameters: [MAPPING] },
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
      params: { file: 'SHA-256 of the file, in hex.' },
      query: RANGE,
      body: {
        type: 'stream',
        content: Object.fromEntries(
          EVENT_MEDIA_TYPES.map((media) => [media, { type: 'array', items: EVENT_SCHEMA }]),
        ),
      },
      responses: {
        200: {
          description: 'Every event has an outcome; the rows are recorded.',
          content: { 'application/json': INTAKE_ANSWER_SCHEMA },
        },
      },
      problems: [...INTAKE_PROBLEMS, 'conflict'],
      handle: takeRows,
    },
  ]
}

function rowNumber(text: string | undefined): number | null {
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : null
}
