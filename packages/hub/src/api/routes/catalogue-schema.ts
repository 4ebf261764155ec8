import { arraySchema, objectSchema } from '../../query/reports/shape.ts'

const text = { type: 'string' } as const
const texts = arraySchema(text)
const flag = { type: 'boolean' } as const
const whole = { type: 'integer', minimum: 0 } as const

const LIMITS = [
  'buckets',
  'measures',
  'dimensions',
  'top',
  'rows',
  'list_rows',
  'filters',
  'filter_values',
  'filter_depth',
  'formula_length',
] as const

/** The body of `GET /api/v1/semantic`. */
export const CATALOGUE_SCHEMA = {
  title: 'Catalogue',
  ...objectSchema({
    measures: arraySchema(
      objectSchema({
        name: text,
        unit: text,
        type: { enum: ['integer', 'number', 'money', 'time'] },
        description: text,
        kinds: { ...texts, description: 'Kinds of events it reads.' },
        successful_only: { ...flag, description: 'Whether it leaves out calls that failed.' },
        additivity: { ...text, description: 'How values of parts merge into one of the whole.' },
      }),
    ),
    dimensions: arraySchema(objectSchema({ name: text, description: text, aliases: texts })),
    fields: arraySchema(
      objectSchema({
        name: text,
        type: text,
        description: text,
        unit: { type: ['string', 'null'] },
        aliases: texts,
        groups: { ...flag, description: 'Whether questions may group by it.' },
      }),
    ),
    question: objectSchema({
      kinds: texts,
      steps: texts,
      fills: texts,
      filter_ops: texts,
      defaults: objectSchema({
        from: text,
        to: text,
        timezone: text,
        fill: text,
        limit: {
          type: 'object',
          description: 'Rows by kind of question.',
          additionalProperties: whole,
        },
      }),
      limits: objectSchema(Object.fromEntries(LIMITS.map((name) => [name, whole]))),
      reserved: objectSchema({ keys: texts, kinds: texts }),
    }),
  }),
} as const
