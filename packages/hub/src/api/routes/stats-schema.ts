/** JSON Schema of what the hub knows of itself: `HubStatus` of core/status.ts. */

const number = { type: 'number', minimum: 0 } as const
const whole = { type: 'integer', minimum: 0 } as const
const bytes = { ...whole, description: 'Bytes.' } as const
const seconds = { ...number, description: 'Seconds.' } as const
const byName = { type: 'object', additionalProperties: whole } as const

/** Later releases say more: fields that are not listed are allowed. */
function open<P extends Readonly<Record<string, unknown>>>(properties: P) {
  return { type: 'object', required: Object.keys(properties), properties } as const
}

export const DEPENDENCY_SCHEMA = {
  title: 'Dependency',
  type: 'object',
  required: ['name', 'ready', 'reason'],
  properties: {
    name: { type: 'string' },
    ready: { type: 'boolean' },
    reason: { type: ['string', 'null'], description: 'Why it is not ready.' },
  },
  additionalProperties: false,
} as const

const COUNTS = { received: whole, accepted: whole, duplicates: whole, rejected: whole } as const

export const STATS_SCHEMA = {
  title: 'Stats',
  ...open({
    dependencies: { type: 'array', items: DEPENDENCY_SCHEMA },
    store: open({
      state: { type: 'string' },
      rows: whole,
      bytes,
      recoveries: { ...whole, description: 'Times it was opened anew because it was damaged.' },
      applyLagSeconds: { ...seconds, description: 'Age of the oldest record not applied yet.' },
    }),
    journal: open({
      bytes,
      pendingBytes: bytes,
      commits: whole,
      fsyncSeconds: seconds,
      compressionFailures: whole,
    }),
    dedup: open({
      entries: whole,
      horizonSeconds: {
        type: ['number', 'null'],
        description: 'How far back a duplicate is found for certain; null: all the way.',
      },
      damagedRuns: whole,
      errors: whole,
    }),
    ingest: open({
      ...COUNTS,
      rejectedByCode: byName,
      projects: { type: 'object', additionalProperties: open(COUNTS) },
      refusedRequests: { ...byName, description: 'Requests refused as a whole, by code.' },
      deadLettersNotKept: whole,
      suppressed: whole,
      unpriced: whole,
      droppedContent: whole,
      aliasConflicts: whole,
      pendingRows: whole,
    }),
    query: open({ running: whole, waiting: whole, asked: whole, shared: whole, refused: whole }),
    disk: open({ freeBytes: bytes }),
  }),
} as const
