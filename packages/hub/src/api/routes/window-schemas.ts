import { PROJECT_NAME } from '../../auth/principal.ts'
import { WINDOW_LIMITS } from '../window-definition.ts'

const whole = { type: 'integer', minimum: 0 } as const
const time = { type: ['string', 'null'], format: 'date-time' } as const
const texts = { type: 'array', items: { type: 'string' } } as const
const duration = {
  type: 'string',
  description: 'Such as 90s, 10m or 1h30m.',
} as const

const WINDOW_SPEC = {
  description:
    'calendar: `step`, `zone`; tumbling: `size`, `offset`; hopping: `size`, `slide`, `offset`; cumulate: `size`, `step`, `offset`; session: `gap`, `longest`.',
  type: 'object',
  required: ['type'],
  properties: {
    type: { enum: ['calendar', 'tumbling', 'hopping', 'cumulate', 'session'] },
    step: { type: 'string', description: 'Of a calendar: 1m, 5m, 15m, 1h, 6h, 1d, 1w or 1M.' },
    zone: { type: 'string', description: 'Time zone of a calendar. Default UTC.' },
    size: duration,
    slide: duration,
    offset: duration,
    gap: duration,
    longest: duration,
  },
  additionalProperties: false,
} as const

const WHERE = {
  type: ['object', 'null'],
  description: '`{all, any, not}` with filters, as in a question.',
} as const

const TRIGGER = {
  type: ['object', 'null'],
  description:
    'When results are given. Default: at most once a second while somebody watches, at the end of the window, and with late events.',
} as const

/** What `POST /api/v1/windows` takes; `window-definition.ts` says what is wrong with it. */
export const NEW_WINDOW_SCHEMA = {
  title: 'NewWindow',
  type: 'object',
  required: ['name', 'windows', 'measures'],
  properties: {
    name: { type: 'string', description: 'Lower-case letters, digits, `.`, `_` and `-`.' },
    project: {
      type: ['string', 'null'],
      pattern: PROJECT_NAME.source,
      description: 'null: every project, each by itself. Default: that of the key.',
    },
    windows: {
      type: 'array',
      minItems: 1,
      maxItems: WINDOW_LIMITS.windows,
      description:
        'Each is a text such as `1h`, `90s`, `10m/1m` (ten minutes, every minute) or `session 30m`, or an object.',
      items: { anyOf: [{ type: 'string' }, WINDOW_SPEC] },
    },
    by: { ...texts, maxItems: WINDOW_LIMITS.by, description: 'Dimensions. Default: none.' },
    measures: { ...texts, minItems: 1, maxItems: WINDOW_LIMITS.measures },
    where: WHERE,
    trigger: TRIGGER,
    lateness: {
      type: ['string', 'null'],
      description: 'How long after its end a window takes late events by itself. Default 1m.',
    },
    max_groups: {
      type: ['integer', 'null'],
      minimum: 1,
      maximum: WINDOW_LIMITS.groups,
      description: 'Groups of a size at a time; what is beyond them counts as `__other__`.',
    },
  },
  additionalProperties: false,
} as const

const SIZE_SCHEMA = {
  title: 'WindowSize',
  type: 'object',
  required: [
    'size',
    'watermark',
    'lag_records',
    'lag_ms',
    'late',
    'open_windows',
    'groups',
    'overflow',
    'restated',
  ],
  properties: {
    size: { type: 'string' },
    watermark: { ...time, description: 'No event before it is expected any more.' },
    lag_records: { ...whole, description: 'Records of the log that are not read yet.' },
    lag_ms: { ...whole, description: 'How long the oldest of them waits.' },
    late: { ...whole, description: 'Events that came when their windows were forgotten.' },
    open_windows: whole,
    groups: whole,
    overflow: { ...whole, description: 'Events counted as `__other__`.' },
    restated: { ...whole, description: 'Windows whose results the store gave.' },
  },
  additionalProperties: false,
} as const

/** A window as it is listed. */
export const WINDOW_SCHEMA = {
  title: 'Window',
  type: 'object',
  required: [
    'name',
    'project',
    'origin',
    'windows',
    'by',
    'measures',
    'where',
    'trigger',
    'lateness',
    'max_groups',
    'created_at',
    'created_by',
    'sizes',
  ],
  properties: {
    name: { type: 'string' },
    project: { type: ['string', 'null'], description: 'null: every project, each by itself.' },
    origin: {
      enum: ['built_in', 'config', 'api'],
      description: "built_in: one of the hub's own; config: of `live.windows`.",
    },
    windows: { type: 'array', items: WINDOW_SPEC },
    by: texts,
    measures: texts,
    where: WHERE,
    trigger: TRIGGER,
    lateness: { type: ['string', 'null'] },
    max_groups: { type: ['integer', 'null'] },
    created_at: time,
    created_by: { type: ['string', 'null'], description: 'Id of the key.' },
    sizes: { type: 'array', items: SIZE_SCHEMA },
  },
  additionalProperties: false,
} as const
