/** JSON Schemas of the bodies and answers of the routes about prices. */

const text = { type: 'string' } as const
const textOrNull = { type: ['string', 'null'] } as const
const whole = { type: 'integer', minimum: 0 } as const
const dollars = { type: 'string', description: 'US dollars, exact.' } as const
const dollarsOrNull = { type: ['string', 'null'], description: 'US dollars, exact.' } as const

function object<P extends Readonly<Record<string, unknown>>>(properties: P) {
  return {
    type: 'object',
    required: Object.keys(properties),
    properties,
    additionalProperties: false,
  } as const
}

const UNIT_PRICES = {
  type: 'array',
  items: object({
    unit: {
      type: 'string',
      description:
        'What the price is for: input_mtok is a million input tokens, _kcount a thousand.',
    },
    usd: dollars,
    above: {
      type: 'array',
      description: 'Prices of larger requests, or of what exceeds the start when graduated.',
      items: object({ start: whole, usd: dollars }),
    },
    graduated: { type: 'boolean' },
  }),
} as const

const PERIOD = {
  rule: { type: 'string', description: 'As rows name it in price_rule.' },
  from: { type: ['string', 'null'], description: 'ISO 8601; null: always.' },
  daily: {
    anyOf: [{ type: 'null' }, object({ start: whole, end: whole })],
    description: 'Seconds of the UTC day between which it counts.',
  },
  prices: UNIT_PRICES,
} as const

const source = { enum: ['package', 'override'] } as const

export const PRICE_LIST_SCHEMA = {
  title: 'PriceList',
  ...object({
    version: text,
    at: text,
    total: whole,
    prices: {
      type: 'array',
      items: object({
        provider: textOrNull,
        model: text,
        source,
        tier: text,
        rule: text,
        prices: UNIT_PRICES,
      }),
    },
  }),
} as const

export const PRICE_SCHEMA = {
  title: 'Price',
  ...object({
    provider: textOrNull,
    model: text,
    at: text,
    version: text,
    source,
    entry: { type: 'string', description: 'Where in its source.' },
    matched: { enum: ['exact_id', 'pattern', 'override'], description: 'Why it is this entry.' },
    origin: { enum: ['file', 'set', null], description: 'Of an override: where it was set.' },
    tiers: {
      type: 'array',
      items: object({
        tier: text,
        now: { anyOf: [{ type: 'null' }, object(PERIOD)] },
        scheduled: { type: 'array', items: object(PERIOD) },
        others: { type: 'array', items: object(PERIOD) },
      }),
    },
  }),
} as const

const ENTRY = {
  type: 'object',
  description: 'Prices in dollars for one, as in LiteLLM: input_cost_per_token, …; valid_from.',
} as const

export const OVERRIDES_BODY = {
  type: 'object',
  description: 'By model id, in the shape of LiteLLM’s model_prices_and_context_window.json.',
  additionalProperties: { anyOf: [ENTRY, { type: 'array', items: ENTRY }, { type: 'string' }] },
} as const

export const OVERRIDES_SCHEMA = {
  title: 'PriceOverrides',
  ...object({
    version: { type: 'string', description: 'Of all overrides in force, as rows name it.' },
    at: textOrNull,
    by: { type: ['string', 'null'], description: 'Id of the key that set them.' },
    overrides: OVERRIDES_BODY,
    configured: {
      ...OVERRIDES_BODY,
      description: 'Those of the configured file, below the ones set at run time.',
    },
    notes: {
      type: 'array',
      description: 'What has no effect.',
      items: object({ path: text, message: text }),
    },
    history: {
      type: 'array',
      description: 'Newest first.',
      items: object({ version: text, at: text, by: textOrNull, models: whole }),
    },
  }),
} as const

const instant = {
  anyOf: [{ type: 'string', maxLength: 100 }, { type: 'number' }],
} as const
const name = { type: ['string', 'null'], maxLength: 500 } as const

export const REPRICE_BODY = {
  type: 'object',
  required: ['from', 'to'],
  properties: {
    from: { ...instant, description: 'Start of the event times, inclusive.' },
    to: { ...instant, description: 'End, exclusive.' },
    model: { ...name, description: 'Only this model, as events name it.' },
    provider: { ...name, description: 'Only this provider, as events name it.' },
    only_unpriced: { type: 'boolean', description: 'Only events without a computed cost.' },
    dry_run: { type: 'boolean', description: 'Work everything out and change nothing.' },
  },
  additionalProperties: false,
} as const

export const REPRICE_SCHEMA = {
  title: 'Repricing',
  ...object({
    dry_run: { type: 'boolean' },
    applied: {
      type: 'boolean',
      description: 'Whether answers show it already; false for a dry run.',
    },
    price_version: text,
    seen: whole,
    changed: whole,
    priced_before: whole,
    priced_after: whole,
    cost_before: dollars,
    cost_after: dollars,
    operations: whole,
    models: {
      type: 'array',
      description: 'By the size of the change.',
      items: object({
        provider: textOrNull,
        model: textOrNull,
        seen: whole,
        changed: whole,
        cost_before: dollars,
        cost_after: dollars,
      }),
    },
    top: {
      type: 'array',
      description: 'The events that change most.',
      items: object({
        event_id: textOrNull,
        project: textOrNull,
        time: text,
        provider: textOrNull,
        model: textOrNull,
        cost_before: dollarsOrNull,
        cost_after: dollarsOrNull,
        rule_before: textOrNull,
        rule_after: textOrNull,
      }),
    },
  }),
} as const
