import { systemClock } from '../../core/clock.ts'
import { LIVE, type LogRecord } from '../../log/log.ts'
import { sampleEvents } from '../sample-records.ts'
import type { CompactionStep } from './compact.ts'
import { StoreOwner } from './store-owner.ts'

/**
 * Applies records, compacts, and kills itself with SIGKILL at a step of that.
 * Arguments: database file, records, step, how many times the step is passed before.
 */
const [path = '', records = '', step, passes = '0'] = process.argv.slice(2)
const next = BigInt(records)
let left = Number(passes)

const owner: StoreOwner = new StoreOwner({
  path,
  reader: {
    earliest: () => Promise.resolve(0n),
    async *read(partition, from, until): AsyncGenerator<LogRecord> {
      for (let offset = from; offset < until; offset++) yield sampleEvents(partition, offset)
    },
  },
  clock: systemClock,
  epoch: 1,
  wal: false,
  maxWaitMs: 5,
  onStatus({ state, applied, compaction }) {
    if (state === 'ready' && applied.get(LIVE) === next && compaction.running === null) {
      void owner.compact()
    }
  },
  onCompaction(progress: { readonly step: CompactionStep }) {
    if (progress.step === step && left-- === 0) process.kill(process.pid, 'SIGKILL')
  },
})
owner.start(new Map([[LIVE, next]]))
