import { FAMILIES, type FieldSpec, SEVERITIES } from './field.ts'
import { field } from './shared-fields.ts'

/** Fields of `common`. */
export const COMMON_FIELDS = [
  field(
    'event_id',
    'id',
    'Identity of the event within its project. Sending it again counts once.',
    {
      column: 'event_id',
    },
  ),
  field(
    'timestamp',
    'json',
    'When it happened: ISO 8601, or epoch seconds, milliseconds or microseconds.',
    {
      column: 'time',
      required: true,
    },
  ),
  field('event_type', 'enum', 'Family of the event; follows from the kind.', {
    column: 'family',
    values: FAMILIES,
  }),
  field('source_module', 'string', 'Module that emitted the event.', { column: 'source_module' }),
  field('correlation_id', 'id', 'Ties events of one transaction together.', {
    column: 'correlation_id',
  }),
  field('parent_event_id', 'id', 'Event that caused this one.', { column: 'parent_event_id' }),
  field('schema_version', 'string', 'Version of this schema.', { column: 'schema_version' }),
  field('severity', 'enum', 'How serious the event is.', {
    column: 'severity',
    values: SEVERITIES,
  }),
  field('environment', 'string', 'Deployment environment.', { column: 'environment' }),
  field('tags', 'json', 'Free key and value pairs, or a list of keys.', { column: 'tags' }),
] as const satisfies readonly FieldSpec[]
