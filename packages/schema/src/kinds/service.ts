import type { KindSpec } from './field.ts'
import {
  details,
  errorMessage,
  errorType,
  field,
  requestId,
  service,
  sessionId,
  userId,
} from './shared-fields.ts'

export const SERVICE_KINDS = [
  {
    family: 'service',
    kind: 'service_event',
    doc: 'A named event of any service.',
    fields: [
      field('name', 'string', 'Name of the event.', {
        column: 'name',
        required: true,
        aliases: ['event'],
      }),
      { ...service, required: true },
      field('instance', 'id', 'Instance of the service.', { column: 'resource' }),
      field('duration_ms', 'number', 'Duration.', { column: 'latency_ms', unit: 'ms', min: 0 }),
      field('size_bytes', 'count', 'Size.', { column: 'value', unit: 'bytes', aliases: ['size'] }),
      field('outcome', 'string', 'How it ended.', { column: 'status', aliases: ['status'] }),
      errorType,
      { ...errorMessage, aliases: ['error'] },
      userId,
      sessionId,
      requestId,
      details,
    ],
  },
] as const satisfies readonly KindSpec[]
