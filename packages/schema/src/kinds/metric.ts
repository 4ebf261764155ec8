import type { KindSpec } from './field.ts'
import {
  field,
  metricName,
  metricUnit,
  model,
  provider,
  service,
  temporality,
} from './shared-fields.ts'

export const METRIC_KINDS = [
  {
    family: 'metric',
    kind: 'counter',
    doc: 'A number that only grows.',
    fields: [
      metricName,
      field('value', 'number', 'The value.', { column: 'value', required: true, min: 0 }),
      metricUnit,
      temporality,
      service,
      model,
      provider,
    ],
  },
  {
    family: 'metric',
    kind: 'gauge',
    doc: 'A number that goes up and down.',
    fields: [
      metricName,
      field('value', 'number', 'The value.', { column: 'value', required: true }),
      metricUnit,
      service,
      model,
      provider,
    ],
  },
  {
    family: 'metric',
    kind: 'histogram',
    doc: 'A distribution of values.',
    fields: [
      metricName,
      field('value', 'number', 'Mean of the values, where known.', { column: 'value' }),
      field('count', 'count', 'Number of values.', { required: true }),
      field('sum', 'number', 'Sum of the values.', { required: true }),
      field('min', 'number', 'Least value.'),
      field('max', 'number', 'Greatest value.'),
      field('buckets', 'json', 'Counts by upper bound.'),
      metricUnit,
      temporality,
      service,
      model,
      provider,
    ],
  },
] as const satisfies readonly KindSpec[]
