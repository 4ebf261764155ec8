import { expect, test } from 'vitest'
import { runEventTimes } from './event-times.ts'
import { LIMIT_MS } from './limit.ts'
import { runManyValues } from './many-values.ts'
import { runSchemaDrift } from './schema-drift.ts'

/** The shortest runs of faults that `npm run test:faults` has for long. */

test('one moment in every notation, and moments that cannot be', {
  timeout: LIMIT_MS,
}, async () => {
  const { stored, rejected } = await runEventTimes({ seed: 41, events: 500 })
  expect(Math.min(stored, rejected)).toBeGreaterThan(100)
})

test('senders older and newer than the hub', { timeout: LIMIT_MS }, async () => {
  expect(await runSchemaDrift()).toEqual({ taken: 3, rejected: 5 })
})

test('every event with values of its own', { timeout: LIMIT_MS }, async () => {
  expect((await runManyValues({ values: 5000 })).values).toBe(5000)
})
