import { DEFAULT_VALIDATION_LIMITS, validateEvent } from '@llmhub/schema'
import { expect, it } from 'vitest'
import { conflictWith, Traffic } from './traffic.ts'

const context = {
  now: Date.UTC(2026, 5, 1) * 1000,
  futureTolerance: 600e6,
  oldest: null,
  requireEventId: true,
  limits: DEFAULT_VALIDATION_LIMITS,
}

it('is the same for the same seed and another for another', () => {
  const of = (seed: number) => JSON.stringify(new Traffic({ seed, name: 'a' }).batch(300))
  expect(of(1)).toBe(of(1))
  expect(of(1)).not.toBe(of(2))
})

it('is valid or wrong exactly as it says, by the rules of the schema', () => {
  const codes = new Set<string>()
  const traffic = new Traffic({ seed: 3, name: 'a' })
  for (const { body, expect: expected } of Array.from({ length: 5000 }, () => traffic.next())) {
    const verdict = validateEvent(JSON.parse(JSON.stringify(body)), context)
    const got = verdict.ok ? 'taken' : verdict.code
    expect(got, JSON.stringify(body)).toBe(expected)
    codes.add(got)
  }
  expect(codes.size).toBe(13)
})

it('repeats events unchanged and reports calls more than once', () => {
  const sent = new Traffic({ seed: 4, name: 'a' }).batch(2000).flatMap(({ event }) => event ?? [])
  const texts = new Map<string, string>()
  for (const event of sent) {
    const text = JSON.stringify(event)
    expect(texts.get(event.common.event_id) ?? text).toBe(text)
    texts.set(event.common.event_id, text)
  }
  expect(texts.size).toBeLessThan(sent.length)
  const calls = [...texts.values()].flatMap(
    (text) => (JSON.parse(text) as (typeof sent)[0]).payload['request_id'] ?? [],
  )
  expect(new Set(calls).size).toBeLessThan(calls.length)
})

it('makes conflicts of the same id and other content', () => {
  const event = new Traffic({ seed: 5, name: 'a', wrong: 0 }).next().event
  if (event === null) throw new Error('a wrong event without wrong ones')
  const { body } = conflictWith(event)
  expect(body).toMatchObject({ common: event.common })
  expect(body).not.toEqual(event)
})
