import type { KindSpec } from './field.ts'
import {
  errorType,
  field,
  model,
  parameters,
  provider,
  service,
  sessionId,
  taskType,
  usage,
  userId,
} from './shared-fields.ts'

export const EXECUTION_KINDS = [
  {
    family: 'execution',
    kind: 'parameter_execution',
    doc: 'One execution of a task with given parameters, and how good it was.',
    fields: [
      field('execution_id', 'id', 'Identity of the execution.', {
        column: 'request_id',
        required: true,
      }),
      { ...taskType, required: true },
      provider,
      model,
      { ...parameters, required: true },
      field('execution_time_ms', 'number', 'Duration.', {
        column: 'latency_ms',
        unit: 'ms',
        min: 0,
        aliases: ['latency_ms'],
      }),
      usage,
      field('response_length', 'count', 'Length of the response in characters.'),
      field('response_quality', 'fraction', 'Quality of the response, or null when not judged.', {
        column: 'quality',
        aliases: ['quality'],
      }),
      field('success', 'boolean', 'Whether the task succeeded.', { column: 'value' }),
      errorType,
      userId,
      sessionId,
      service,
      field('decision_id', 'id', 'Decision that chose the parameters.', { column: 'decision_id' }),
      field('arm', 'string', 'Arm that was chosen.', { column: 'category' }),
      field('propensity', 'fraction', 'Probability with which it was chosen.'),
      field('context', 'object', 'What was known when choosing.'),
    ],
  },
] as const satisfies readonly KindSpec[]
