import { expect, it } from 'vitest'
import { systemClock } from '../core/clock.ts'
import { LIVE } from '../log/log.ts'
import { MemoryLog } from '../log/memory-log.fixture.ts'
import { type Cut, decodeOperation, type MaintenanceOperation } from '../log/operation.ts'
import type { ScanOutcome } from '../store/protocol.ts'
import { cutAbove, Maintenance, MaintenanceError, type OperationParts } from './operations.ts'

const NO_CUT: Cut = new Map()

function parts(log: MemoryLog, more: Partial<OperationParts> = {}): OperationParts {
  let ids = 0
  return {
    log,
    scan: () => Promise.reject(new Error('not asked here')),
    applied: () => Promise.resolve(new Map([[LIVE, log.next(LIVE)]])),
    waitFor: ({ partition, offset }) => Promise.resolve(log.next(partition) >= offset),
    clock: { ...systemClock, nowMicros: () => 1_793_577_600_000_000 },
    newId: () => `id-${++ids}`,
    ...more,
  }
}

const retain = (head: { id: string; at: number; by: string | null; cut: Cut }) =>
  ({
    op: 'retain',
    ...head,
    project: null,
    family: null,
    from: null,
    before: 1,
  }) satisfies MaintenanceOperation

it('appends operations to the live partition, and waits until they are applied', async () => {
  const log = new MemoryLog()
  const maintenance = new Maintenance(parts(log))
  const applied = await maintenance.run('key-1', async (tools) => {
    const outcome = await tools.append(retain(tools.head(NO_CUT)))
    return outcome.ok && (await tools.untilApplied(outcome.appended))
  })
  expect(applied).toBe(true)
  const written: unknown[] = []
  for await (const { payload } of log.read(LIVE, 0n)) written.push(decodeOperation(payload))
  expect(written).toEqual([
    retain({ id: 'id-1', at: 1_793_577_600_000_000, by: 'key-1', cut: NO_CUT }),
  ])
})

it('runs acts one at a time in the order of their calls, also after one that failed', async () => {
  const maintenance = new Maintenance(parts(new MemoryLog()))
  const order: string[] = []
  const gate = Promise.withResolvers<void>()
  const first = maintenance.run(null, async () => {
    order.push('first begins')
    await gate.promise
    order.push('first ends')
    throw new Error('first failed')
  })
  const second = maintenance.run(null, () => {
    order.push('second')
    return Promise.resolve(2)
  })
  expect(maintenance.waiting).toBe(2)
  gate.resolve()
  await expect(first).rejects.toThrow('first failed')
  expect(await second).toBe(2)
  expect(order).toEqual(['first begins', 'first ends', 'second'])
  expect(maintenance.waiting).toBe(0)
})

it('stops the act under way at its next step and begins no other', async () => {
  const log = new MemoryLog()
  const maintenance = new Maintenance(parts(log, { waitFor: () => Promise.resolve(false) }))
  const begun = Promise.withResolvers<void>()
  const running = maintenance.run(null, async (tools) => {
    const one = await tools.append(retain(tools.head(NO_CUT)))
    begun.resolve()
    await new Promise((resolve) => tools.signal.addEventListener('abort', resolve))
    const waited = one.ok && (await tools.untilApplied(one.appended))
    return [waited, await tools.append(retain(tools.head(NO_CUT)))]
  })
  const next = maintenance.run(null, () => Promise.resolve('never'))
  const refused = next.catch((error: unknown) => error)
  await begun.promise
  await maintenance.stop()
  expect(await running).toEqual([
    false,
    { ok: false, failure: 'stopped', message: 'the act was stopped' },
  ])
  expect(await refused).toBeInstanceOf(MaintenanceError)
  expect(log.next(LIVE)).toBe(1n)
})

it('answers that the log did not take an operation', async () => {
  const log = new MemoryLog()
  log.hold()
  const maintenance = new Maintenance(parts(log))
  const outcome = maintenance.run(null, (tools) => tools.append(retain(tools.head(NO_CUT))))
  while (log.waiting === 0) await Promise.resolve()
  log.fail('disk_full')
  expect(await outcome).toMatchObject({ ok: false, failure: 'disk_full' })
})

it('scans page by page, and fails with the reason of a page', async () => {
  const pages: ScanOutcome[] = [
    {
      ok: true,
      page: {
        rows: [{ partition: 0, offset: 3n, index: 1, cells: ['a'] }],
        next: { partition: 1, offset: 0n, index: -1 },
        position: new Map([[0, 4n]]),
      },
    },
    { ok: false, failure: 'rebuilding', message: 'the store is rebuilding' },
  ]
  const asked: unknown[] = []
  const maintenance = new Maintenance(
    parts(new MemoryLog(), {
      scan(request) {
        asked.push(request.after)
        return Promise.resolve(pages.shift() as ScanOutcome)
      },
    }),
  )
  const seen: unknown[] = []
  const act = maintenance.run(null, async (tools) => {
    const request = { project: null, from: 0, to: 1, where: null, columns: ['model'], limit: 10 }
    for await (const page of tools.scan({ table: 'events', ...request })) seen.push(page.rows)
  })
  await expect(act).rejects.toMatchObject({ failure: 'rebuilding' })
  expect(seen).toEqual([[{ partition: 0, offset: 3n, index: 1, cells: ['a'] }]])
  expect(asked).toEqual([null, { partition: 1, offset: 0n, index: -1 }])
})

it('a cut is above the position and above every place', () => {
  const position = new Map([[0, 5n]])
  const places = [
    { partition: 0, offset: 2n, index: 0 },
    { partition: 0, offset: 7n, index: 1 },
    { partition: 1, offset: 0n, index: 0 },
  ]
  expect(cutAbove(position, places)).toEqual(
    new Map([
      [0, 8n],
      [1, 1n],
    ]),
  )
  expect(position).toEqual(new Map([[0, 5n]]))
})
