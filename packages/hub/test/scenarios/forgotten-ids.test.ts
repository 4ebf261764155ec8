import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { systemClock } from '../../src/core/clock.ts'
import { CALL_VALUE_WORDS } from '../../src/ingest/call-row.ts'
import { KeyIndex } from '../../src/ingest/dedup/key-index.ts'
import { openRunFolder } from '../../src/ingest/dedup/node-run-files.ts'
import { DEFAULT_ROW_DEFAULTS } from '../../src/ingest/fill-row.ts'
import { createIntake, ID_VALUE_WORDS } from '../../src/ingest/intake.ts'
import { createPriceRow } from '../../src/ingest/price-row.ts'
import { createPriceTable } from '../../src/ingest/price-table.ts'
import { openJournal } from '../../src/log/journal/journal.ts'
import { LIVE } from '../../src/log/log.ts'
import { lookUpPatiently } from '../../src/pipeline.ts'
import { StoreClient } from '../../src/store/client.ts'
import { callEvent, LIMITS } from '../intake-fixture.ts'

it('an id that the index forgot before the store had its row is still a duplicate', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'llmhub-forgotten-'))
  const clock = systemClock
  const opened = await openJournal({ dir: join(dir, 'log') })
  if (!opened.ok) throw new Error(opened.error.message)
  const log = opened.journal
  // Rows reach the store half a second after they are acknowledged.
  const storeDir = join(dir, 'store')
  const options = {
    logDir: join(dir, 'log'),
    storeDir,
    clock,
    epoch: 1,
    wal: false,
    maxWaitMs: 500,
  }
  const store = new StoreClient(options)
  await store.opened()
  store.start(new Map())
  const unwatch = log.onCommit((partition, next) => store.committed(partition, next))
  const open = async (name: string, valueWords: number): Promise<KeyIndex> =>
    KeyIndex.open({
      files: await openRunFolder(join(dir, name)),
      clock,
      valueWords,
      horizonSeconds: 1e9,
      maxKeys: 4,
      runKeys: 4,
    })
  const ids = await open('ids', ID_VALUE_WORDS)
  const calls = await open('calls', CALL_VALUE_WORDS)
  const { intake } = createIntake({
    log,
    clock,
    ids,
    calls,
    hashKey: new Uint8Array(16),
    price: createPriceRow(createPriceTable()),
    defaults: DEFAULT_ROW_DEFAULTS,
    limits: LIMITS,
    newId: () => 'letter',
    pressure: () => null,
    lookup: (project, asked) => lookUpPatiently({ store, clock, ids }, project, asked),
  })
  const send = (events: readonly unknown[]): ReturnType<typeof intake> =>
    intake({ project: 'p', receiver: 'http', partition: LIVE, events })
  try {
    const events = Array.from({ length: 12 }, (_, i) => callEvent(`e${i}`))
    expect(await send(events)).toMatchObject({ answer: { accepted: 12 } })
    await ids.idle()
    expect(ids.size).toBeLessThan(12)
    expect(await send(events)).toMatchObject({ answer: { accepted: 0, duplicates: 12 } })
  } finally {
    unwatch()
    await Promise.all([ids.close(), calls.close(), store.close()])
    await log.close()
    await rm(dir, { recursive: true })
  }
})
