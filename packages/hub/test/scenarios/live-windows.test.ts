import { stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, expect, it } from 'vitest'
import { callEvent } from '../intake-fixture.ts'
import { WholeHub } from './whole-hub.ts'

let hub: WholeHub | null = null

afterEach(async () => {
  await hub?.remove()
  hub = null
})

interface LiveStats {
  readonly events: number
  readonly groups: number
  readonly resets: number
  readonly errors: number
  readonly checkpointBytes: number
}

async function live(of: WholeHub): Promise<LiveStats> {
  return (await of.call('/stats')).body['live'] as LiveStats
}

/** Calls of now, in a model of their own. */
function calls(count: number, model: string): unknown[] {
  const timestamp = new Date().toISOString()
  return Array.from({ length: count }, (_, i) =>
    callEvent(`${model}-${i}`, { model_id: model }, { timestamp }),
  )
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds()));
}

it('live windows count in a thread of their own and go on from their checkpoint', async () => {
  hub = await WholeHub.in({ 'live.interval_ms': '10' })
  const site = hub
  await site.mustStart()
  await site.send(calls(5, 'one'))
  await until(async () => (await live(site)).events === 5)
  await site.stop()
  const file = join(site.dir, 'live', 'checkpoint')
  expect((await stat(file)).size).toBeGreaterThan(1000)
  await site.mustStart()
  await site.send(calls(3, 'two'))
  await until(async () => (await live(site)).events === 3)
  const again = await live(site)
  // Both models in telemetry and in cost, one kind in none of the others.
  expect([again.groups, again.resets, again.errors]).toEqual([4, 0, 0])
  await site.stop()
  await writeFile(file, 'damaged')
  await site.mustStart()
  await until(async () => (await live(site)).events === 8)
  expect((await live(site)).resets).toBe(1)
})

it('live windows that are switched off leave nothing in the folder', async () => {
  hub = await WholeHub.in()
  await hub.mustStart()
  await hub.send(calls(1, 'one'))
  await hub.stop()
  await hub.start({ 'live.enabled': 'false' })
  expect((await hub.call('/stats')).body['live']).toBeNull()
  await expect(stat(join(hub.dir, 'live', 'checkpoint'))).rejects.toThrow('ENOENT')
})
