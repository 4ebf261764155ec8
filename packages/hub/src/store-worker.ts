import { join } from 'node:path'
import { type MessagePort, parentPort, workerData } from 'node:worker_threads'
import { systemClock } from './core/clock.ts'
import { keepHeapSmall } from './core/idle-heap.ts'
import { allProjects, projectScope } from './core/scope.ts'
import { ROLLUPS } from './rollup/rollups.ts'
import { nextBuild } from './rollup/schedule.ts'
import type { FromWorker, StoreWorkerData, ToWorker } from './store/protocol.ts'

/**
 * The thread that owns the database: it reads the log, applies it, and answers. Everything it does is
 * `StoreOwner`'s; this file connects that to messages.
 */

type RequestMessage = Extract<ToWorker, { readonly type: 'request' }>

const port = parentPort
if (port === null) throw new Error('store-worker runs as a worker thread only')
await serve(port, workerData as StoreWorkerData)

async function serve(toMain: MessagePort, data: StoreWorkerData): Promise<void> {
  const [{ openJournalReader }, { StoreOwner }] = await Promise.all([
    import('./log/journal/reader.ts'),
    import('./store/duckdb/store-owner.ts'),
  ])
  const send = (message: FromWorker): void => toMain.postMessage(message)
  const reader = openJournalReader(data.logDir)
  const path = join(data.storeDir, 'store.duckdb')
  const owner = new StoreOwner({
    ...data,
    path,
    reader,
    clock: systemClock,
    rollups: ROLLUPS,
    nextBuild,
    onStatus: (status) => send({ type: 'status', status }),
  })
  keepHeapSmall(systemClock)
  const cancels = new Map<number, AbortController>()

  const answer = async (message: RequestMessage, signal: AbortSignal): Promise<unknown> => {
    switch (message.name) {
      case 'query': {
        const { plan, project } = message.take
        return owner.query(plan, scopeOf(project), signal)
      }
      case 'version': {
        const { project, from, to } = message.take
        return owner.version(scopeOf(project), from, to)
      }
      case 'status':
        return owner.status()
      case 'lookup':
        return owner.lookup(message.take)
      case 'letters': {
        const { question, project } = message.take
        return owner.letters(question, scopeOf(project), signal)
      }
      case 'scan':
        return owner.scan(message.take, signal)
      case 'sql':
        return owner.sql(message.take, signal)
      case 'userSql':
        return owner.userSql(message.take, signal)
      case 'verify':
        return owner.verify(message.take)
      case 'compact':
        return owner.compact()
      case 'checkpoint':
        return owner.checkpoint()
      default:
        return message satisfies never
    }
  }

  const request = async (message: RequestMessage): Promise<void> => {
    const { id } = message
    const controller = new AbortController()
    cancels.set(id, controller)
    try {
      send({ type: 'answer', id, answer: await answer(message, controller.signal) })
    } catch (error) {
      send({ type: 'error', id, message: error instanceof Error ? error.message : String(error) })
    } finally {
      cancels.delete(id)
    }
  }

  toMain.on('message', (message: ToWorker) => {
    switch (message.type) {
      case 'request':
        void request(message)
        return
      case 'cancel':
        cancels.get(message.id)?.abort()
        return
      case 'start':
        owner.start(message.committed)
        return
      case 'committed':
        owner.committed(message.partition, message.next)
        return
      case 'close':
        void owner
          .close()
          .then(() => reader.close())
          .finally(() => {
            send({ type: 'closed' })
            toMain.close()
          })
        return
      default:
        message satisfies never
    }
  })
}

function scopeOf(project: string | null) {
  return project === null ? allProjects() : projectScope(project)
}
