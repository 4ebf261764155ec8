import { expect, test } from 'vitest'
import { runDuplicateStorm } from './duplicate-storm.ts'
import { LIMIT_MS } from './limit.ts'

test('of 20,000 events with 30 % sent twice over 8 connections and two restarts, stored = unique', {
  timeout: LIMIT_MS,
}, async () => {
  const report = await runDuplicateStorm({ seed: 11, events: 20_000 })
  expect(report).toEqual({
    sent: 20_000,
    unique: 14_000,
    accepted: 14_000,
    duplicates: 6000,
    stored: 14_000,
  })
})
