import type { CompactionStart, CompactionStatus } from '../../store/protocol.ts'
import type { Problem } from '../problems.ts'
import { problem, retryAfter } from '../problems.ts'
import type { Call, Reply, Route } from '../route.ts'

export interface Compaction {
  start(): Promise<CompactionStart>
  status(): Promise<CompactionStatus>
}

const STATUS_SCHEMA = {
  title: 'CompactionStatus',
  type: 'object',
  required: ['dead_bytes', 'running', 'last'],
  properties: {
    dead_bytes: {
      type: ['integer', 'null'],
      description: 'Bytes of the file that hold nothing alive, about; null before the first look.',
    },
    running: {
      type: ['object', 'null'],
      required: ['since', 'tables', 'copied'],
      properties: {
        since: { type: 'string', format: 'date-time' },
        tables: { type: 'integer' },
        copied: { type: 'integer' },
      },
      additionalProperties: false,
    },
    last: {
      type: ['object', 'null'],
      required: ['at', 'seconds', 'bytes_before', 'bytes_after', 'succeeded'],
      properties: {
        at: { type: 'string', format: 'date-time' },
        seconds: { type: 'number' },
        bytes_before: { type: 'integer' },
        bytes_after: { type: 'integer' },
        succeeded: { type: 'boolean', description: 'Why not is in the log of the hub.' },
      },
      additionalProperties: false,
    },
  },
  additionalProperties: false,
} as const

/** `/api/v1/maintenance/compact`: begins a compaction of the database file, and tells how it goes. */
export function compactionRoutes(compaction: Compaction, random: () => number): readonly Route[] {
  async function start({ principal }: Call): Promise<Reply | Problem> {
    if (principal?.project !== null) {
      return problem('forbidden', 'this needs a key that is bound to no project')
    }
    const begun = await compaction.start()
    if (begun.ok) return { status: 202, body: document(await compaction.status()) }
    if (begun.failure === 'running') return problem('conflict', begun.message)
    if (begun.failure === 'no_space') {
      return problem('disk_full', begun.message, retryAfter('disk_full', random))
    }
    const message = 'the store cannot be compacted now'
    return problem('store_rebuilding', message, retryAfter('store_rebuilding', random))
  }

  const content = { 'application/json': STATUS_SCHEMA }
  return [
    {
      method: 'POST',
      url: '/api/v1/maintenance/compact',
      permission: 'admin',
      summary: 'Begin to compact the database file; questions are refused until it is done',
      tags: ['operations'],
      responses: { 202: { description: 'It has begun.', content } },
      problems: ['conflict', 'disk_full', 'store_rebuilding'],
      handle: start,
    },
    {
      method: 'GET',
      url: '/api/v1/maintenance/compact',
      permission: 'ops:read',
      summary: 'How a compaction goes, and how the last one went',
      tags: ['operations'],
      responses: { 200: { description: 'The state.', content } },
      problems: [],
      handle: async () => ({ status: 200, body: document(await compaction.status()) }),
    },
  ]
}

function document({ deadBytes, running, last }: CompactionStatus) {
  return {
    dead_bytes: deadBytes,
    running: running && {
      since: new Date(running.since).toISOString(),
      tables: running.tables,
      copied: running.copied,
    },
    last: last && {
      at: new Date(last.at).toISOString(),
      seconds: last.seconds,
      bytes_before: last.bytesBefore,
      bytes_after: last.bytesAfter,
      succeeded: last.problem === null,
    },
  }
}
