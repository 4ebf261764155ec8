import { expect, test } from 'vitest'
import { LIMIT_MS } from './limit.ts'
import { runTailFaults } from './tail-faults.ts'

test('a cut or a flipped bit at the end of the log is refused, or costs the last group commit and is told', {
  timeout: LIMIT_MS,
}, async () => {
  const { trials, refused, cut, harmless } = await runTailFaults({ seed: 41, trials: 16 })
  expect(refused).toBeGreaterThan(0)
  expect(cut).toBeGreaterThan(0)
  expect(refused + cut + harmless).toBe(trials)
})
