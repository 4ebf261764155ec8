import { expect, test } from 'vitest'
import { planSchedule } from '../schedules/plan.ts'
import { LIMIT_MS } from './limit.ts'
import { runSchedules } from './schedules.ts'

const SEED = 20_261_121
const SCHEDULES = 8

test('a plan follows from its seed and the time it begins', () => {
  const now = Date.UTC(2026, 5, 1)
  const text = (seed: number) =>
    JSON.stringify(planSchedule({ seed, now, steps: 60 }), (_, value: unknown) =>
      typeof value === 'bigint' ? `${value}` : value instanceof Map ? [...value] : value,
    )
  expect(text(1)).toBe(text(1))
  expect(text(1)).not.toBe(text(2))
})

test('after every step of random schedules the hub answers as a plain model does', {
  timeout: LIMIT_MS,
}, async () => {
  const report = await runSchedules({ seed: SEED, schedules: SCHEDULES, steps: 10 })
  console.log(JSON.stringify(report))
  expect(report.steps).toBe(SCHEDULES * 10)
  expect(report.interrupted).toBeGreaterThan(0)
  expect(report.letters).toBeGreaterThan(SCHEDULES)
})
