import type { KindSpec } from './field.ts'
import {
  action,
  actor,
  description,
  field,
  model,
  policy,
  requestId,
  resource,
  service,
  userId,
} from './shared-fields.ts'

export const GOVERNANCE_KINDS = [
  {
    family: 'governance',
    kind: 'policy_violation',
    doc: 'A breach of a rule of the organisation.',
    fields: [
      { ...policy, required: true },
      field('violation_type', 'string', 'Kind of breach.', { column: 'category' }),
      field('violation_severity', 'string', 'How bad it is.', { column: 'status' }),
      action,
      actor,
      resource,
      description,
      userId,
      requestId,
      service,
      model,
    ],
  },
  {
    family: 'governance',
    kind: 'audit_trail',
    doc: 'Who did what to what.',
    fields: [
      { ...action, required: true },
      actor,
      resource,
      field('resource_type', 'string', 'Kind of the resource.', { column: 'category' }),
      field('outcome', 'string', 'success, failure, denied.', {
        column: 'status',
        aliases: ['status'],
      }),
      field('reason', 'string', 'Why.'),
      field('changes', 'json', 'Before and after.'),
      userId,
      requestId,
      service,
    ],
  },
  {
    family: 'governance',
    kind: 'consent',
    doc: 'A subject gave or withdrew consent.',
    fields: [
      { ...userId, required: true, aliases: ['subject_id'] },
      field('purpose', 'string', 'What for.', { column: 'category', required: true }),
      field('consent_status', 'enum', 'What the subject said.', {
        column: 'status',
        required: true,
        values: ['granted', 'withdrawn', 'denied', 'expired'],
        aliases: ['status'],
      }),
      field('policy_version', 'id', 'Version of the text agreed to.'),
      field('evidence', 'string', 'Where it is recorded.'),
      service,
    ],
  },
  {
    family: 'governance',
    kind: 'data_access',
    doc: 'Data was read or written.',
    fields: [
      { ...actor, required: true, aliases: ['accessor'] },
      { ...resource, required: true, aliases: ['data_resource'] },
      field('access_type', 'string', 'read, write, delete, export.', {
        column: 'action',
        aliases: ['action'],
      }),
      field('data_classification', 'string', 'public, internal, confidential, …', {
        column: 'category',
      }),
      field('outcome', 'string', 'granted or denied.', { column: 'status', aliases: ['status'] }),
      field('purpose', 'string', 'What for.'),
      field('records', 'count', 'How many records.', { column: 'value' }),
      userId,
      service,
    ],
  },
] as const satisfies readonly KindSpec[]
