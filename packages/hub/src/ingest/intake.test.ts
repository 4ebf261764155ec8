import { DEFAULT_FUTURE_TOLERANCE, DEFAULT_VALIDATION_LIMITS } from '@llmhub/schema'
import { decodeBatch, textAt } from '@llmhub/stream'
import { describe, expect, it } from 'vitest'
import { systemClock } from '../core/clock.ts'
import { LIVE, type LogRecord } from '../log/log.ts'
import { MemoryLog } from '../log/memory-log.ts'
import { CALL_VALUE_WORDS } from './call-row.ts'
import { KeyIndex } from './dedup/key-index.ts'
import { DEFAULT_ROW_DEFAULTS } from './fill-row.ts'
import { createIntake, ID_VALUE_WORDS } from './intake.ts'

describe('intake', () => {
  it('takes events in', async () => {
    const log = new MemoryLog()
    let n = 0
    const stage = createIntake({
      log,
      clock: systemClock,
      ids: new KeyIndex(ID_VALUE_WORDS),
      calls: new KeyIndex(CALL_VALUE_WORDS),
      hashKey: new Uint8Array(16),
      price: () => undefined,
      defaults: DEFAULT_ROW_DEFAULTS,
      limits: {
        maxEvents: 1000,
        maxEventBytes: 100_000,
        validation: DEFAULT_VALIDATION_LIMITS,
        futureTolerance: DEFAULT_FUTURE_TOLERANCE,
        retention: null,
        keepContent: false,
        maxLettersPerSecond: 10,
        maxGroupRows: 100,
        maxPendingRows: 1000,
        groupDelayMs: 0,
      },
      newId: () => `r${++n}`,
      pressure: () => null,
      rateOf: () => null,
      lookup: () => Promise.resolve([]),
    })
    const event = (id: string, latency: number) => ({
      common: { event_id: id, timestamp: 1_700_000_000 },
      payload: { type: 'llm_request', model_id: 'm', latency_ms: latency },
    })
    const outcome = await stage.intake({
      project: 'p',
      receiver: 'http',
      partition: LIVE,
      events: [event('a', 1), event('b', 2), event('a', 1), event('a', 3), {}],
    })
    expect(outcome).toMatchObject({
      ok: true,
      answer: { accepted: 2, duplicates: 1, rejected: 2, position: '0:2' },
    })
    const records: LogRecord[] = []
    for await (const record of log.read(LIVE, 0n)) records.push(record)
    expect(records.map((record) => record.kind)).toEqual(['events', 'rejects'])
    const batch = decodeBatch(records[0]?.payload ?? new Uint8Array())
    expect(textAt(batch.columns.get('event_id'), 1)).toBe('b')
  })
})
