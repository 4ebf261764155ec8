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
    query: open({
      running: whole,
      waiting: whole,
      asked: whole,
      shared: { ...whole, description: 'Joined a run of the same question.' },
      reused: { ...whole, description: 'Answered from the answer to the same question before.' },
      refused: whole,
    }),
    live: {
      ...open({
        watermark: {
          type: ['integer', 'null'],
          description: 'Microseconds since 1970 before which no event is expected any more.',
        },
        lagRecords: { ...whole, description: 'Records of the log not counted yet.' },
        lagSeconds: { ...seconds, description: 'Age of the oldest of them.' },
        events: whole,
        late: { ...whole, description: 'Events that came when their windows were forgotten.' },
        openWindows: whole,
        groups: whole,
        overflow: { ...whole, description: 'Events counted under __other__.' },
        updates: { ...whole, description: 'Results told.' },
        restated: { ...whole, description: 'Windows whose results came from the store.' },
        resets: { ...whole, description: 'Times the windows began anew at the end of the log.' },
        errors: whole,
        restarts: { ...whole, description: 'Times the thread was started again.' },
        checkpointBytes: bytes,
        checkpointAgeSeconds: { type: ['number', 'null'], minimum: 0 },
        stateBytes: bytes,
      }),
      type: ['object', 'null'],
      description: 'Live windows; null when they are switched off.',
    },
    disk: open({ freeBytes: bytes }),
  }),
} as const
