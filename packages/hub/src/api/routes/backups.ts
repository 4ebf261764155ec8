import { backupDocument } from '../../backup/backup-document.ts'
import type { BackupKeeper, BackupStart, BackupStatus } from '../../backup/backup-keeper.ts'
import type { Problem } from '../problems.ts'
import { problem } from '../problems.ts'
import type { Call, Reply, Route } from '../route.ts'

const BACKUP_SCHEMA = {
  title: 'Backup',
  type: 'object',
  required: ['id', 'created_at', 'writer', 'cursor', 'files', 'bytes'],
  properties: {
    id: { type: 'string' },
    created_at: { type: 'string', format: 'date-time' },
    writer: { type: 'string', description: 'Release that wrote it.' },
    cursor: {
      type: 'object',
      additionalProperties: { type: 'string' },
      description: 'Per partition of the log, the offset up to which it has every record.',
    },
    files: { type: 'integer' },
    bytes: { type: 'integer', description: 'Of its files, shared ones too.' },
  },
  additionalProperties: false,
} as const

const FAILURES = ['busy', 'other_hub', 'disk_full', 'stopped', 'failed'] as const

const STATUS_SCHEMA = {
  title: 'BackupStatus',
  type: 'object',
  required: ['running', 'last'],
  properties: {
    running: {
      type: ['object', 'null'],
      required: ['since', 'segments', 'done', 'bytes'],
      properties: {
        since: { type: 'string', format: 'date-time' },
        segments: { type: 'integer', description: 'Segments of the log.' },
        done: { type: 'integer', description: 'Of these, those that are in the backup.' },
        bytes: { type: 'integer', description: 'Bytes copied so far.' },
      },
      additionalProperties: false,
    },
    last: {
      type: ['object', 'null'],
      required: ['at', 'seconds', 'failure', 'backup', 'copied_files', 'copied_bytes'],
      properties: {
        at: { type: 'string', format: 'date-time' },
        seconds: { type: 'number' },
        failure: {
          enum: [...FAILURES, null],
          description: 'Why there is no backup; details are in the log of the hub.',
        },
        backup: { anyOf: [BACKUP_SCHEMA, { type: 'null' }] },
        copied_files: { type: 'integer', description: 'The others were there.' },
        copied_bytes: { type: 'integer' },
      },
      additionalProperties: false,
    },
  },
  additionalProperties: false,
} as const

const TO_DOC =
  'Folder on the machine of the hub: that of the option backup.dir, which is the default, or one below it.'

/** `/api/v1/backups`: begins a backup of the data folder, tells how it goes, lists those there are. */
export function backupRoutes(
  backups: Pick<BackupKeeper, 'start' | 'list' | 'status'>,
): readonly Route[] {
  async function start({ principal, body }: Call): Promise<Reply | Problem> {
    if (principal?.project !== null) {
      return problem('forbidden', 'this needs a key that is bound to no project')
    }
    const { to } = body as { readonly to?: string }
    const begun = backups.start(to ?? null)
    return begun.ok ? { status: 202, body: statusDocument(backups.status) } : refusal(begun)
  }

  async function list({ principal, query }: Call): Promise<Reply | Problem> {
    if (principal?.project !== null) {
      return problem('forbidden', 'this needs a key that is bound to no project')
    }
    const listed = await backups.list(query['to'] ?? null)
    if (!listed.ok) return refusal(listed)
    return { status: 200, body: { backups: listed.backups.map(backupDocument) } }
  }

  return [
    {
      method: 'POST',
      url: '/api/v1/backups',
      permission: 'admin',
      summary: 'Begin a backup of everything the hub has; it goes on working meanwhile',
      tags: ['operations'],
      body: {
        type: 'json',
        checked: true,
        schema: {
          type: 'object',
          properties: {
            to: { type: 'string', minLength: 1, maxLength: 4096, description: TO_DOC },
          },
          additionalProperties: false,
        },
      },
      responses: {
        202: { description: 'It has begun.', content: { 'application/json': STATUS_SCHEMA } },
      },
      problems: [
        'invalid_request',
        'invalid_json',
        'unsupported_media_type',
        'body_too_large',
        'conflict',
      ],
      handle: start,
    },
    {
      method: 'GET',
      url: '/api/v1/backups',
      permission: 'admin',
      summary: 'The backups in a folder, oldest first',
      tags: ['operations'],
      query: { checked: true, parameters: [{ name: 'to', doc: TO_DOC }] },
      responses: {
        200: {
          description: 'The backups.',
          content: {
            'application/json': {
              type: 'object',
              required: ['backups'],
              properties: { backups: { type: 'array', items: BACKUP_SCHEMA } },
              additionalProperties: false,
            },
          },
        },
      },
      problems: ['invalid_request', 'conflict'],
      handle: list,
    },
    {
      method: 'GET',
      url: '/api/v1/backups/status',
      permission: 'ops:read',
      summary: 'How a backup goes, and how the last one went',
      tags: ['operations'],
      responses: {
        200: { description: 'The state.', content: { 'application/json': STATUS_SCHEMA } },
      },
      problems: [],
      handle: () => ({ status: 200, body: statusDocument(backups.status) }),
    },
  ]
}

function refusal({ failure, message }: Extract<BackupStart, { ok: false }>): Problem {
  if (failure !== 'outside') return problem('conflict', message)
  return problem('invalid_request', 'the folder is not allowed', {
    errors: [{ path: 'to', message }],
  })
}

function statusDocument({ running, last }: BackupStatus): Readonly<Record<string, unknown>> {
  const outcome = last?.outcome
  return {
    running: running && {
      since: new Date(running.since).toISOString(),
      segments: running.segments,
      done: running.done,
      bytes: running.bytes,
    },
    last: last && {
      at: new Date(last.at).toISOString(),
      seconds: last.seconds,
      failure: outcome?.ok === false ? outcome.failure : null,
      backup: outcome?.ok === true ? backupDocument(outcome.manifest) : null,
      copied_files: outcome?.ok === true ? outcome.copiedFiles : 0,
      copied_bytes: outcome?.ok === true ? outcome.copiedBytes : 0,
    },
  }
}
