import { type MessagePort, parentPort, workerData } from 'node:worker_threads'
import { systemClock } from './core/clock.ts'
import { keepHeapSmall } from './core/idle-heap.ts'
import { checkpointIn } from './live/checkpoint-file.ts'
import { LiveConsumer } from './live/consumer.ts'
import type { FromLive, LiveWorkerData, MainRequests, ToLive } from './live/protocol.ts'
import { planMeasures } from './query/plan-measures.ts'

/**
 * The thread of the live consumer: it reads the log and counts. Everything it does is `LiveConsumer`'s; this
 * file connects that to messages.
 */

const STATUS_MS = 1000

const port = parentPort
if (port === null) throw new Error('live-worker runs as a worker thread only')
await serve(port, workerData as LiveWorkerData)

async function serve(toMain: MessagePort, data: LiveWorkerData): Promise<void> {
  const { openJournalReader } = await import('./log/journal/reader.ts')
  const send = (message: FromLive): void => toMain.postMessage(message)
  const pending = new Map<number, (answer: unknown) => void>()
  let nextId = 0
  const ask = <N extends keyof MainRequests>(
    name: N,
    take: MainRequests[N]['take'],
  ): Promise<MainRequests[N]['answer']> =>
    new Promise((resolve) => {
      const id = ++nextId
      // The main thread answers a request of this name with the type of this name.
      pending.set(id, (answer) => resolve(answer as MainRequests[N]['answer']))
      send({ type: 'request', id, name, take } as FromLive)
    })
  const log = openJournalReader(data.logDir)
  const lookUp = openJournalReader(data.logDir)
  let listens = false
  const started = Promise.withResolvers<void>()
  let stopListening = (): void => {}
  const consumer = new LiveConsumer({
    ...data,
    log,
    lookUp,
    clock: systemClock,
    planMeasures,
    checkpoint: checkpointIn(data.dataDir),
    ask: (request) => ask('ask', request),
    projects: async (after) => {
      const projects = await ask('projects', after)
      if (projects === null) throw new Error('the store cannot tell which projects there are')
      return projects
    },
    onUpdates: (updates) => {
      if (listens) send({ type: 'updates', updates })
    },
    onProblem: (problem) => send({ type: 'problem', problem }),
  })
  const tell = (): void => {
    send({ type: 'status', status: consumer.status(), definitions: consumer.definitions() })
  }
  const stopTelling = systemClock.every(STATUS_MS, tell)
  keepHeapSmall(systemClock)

  const answer = async (
    message: Extract<ToLive, { readonly type: 'request' }>,
  ): Promise<unknown> => {
    // A definition that came before those of the checkpoint are there would be taken for one of them.
    await started.promise
    switch (message.name) {
      case 'put':
        return consumer.put(message.take)
      case 'remove':
        return consumer.remove(message.take)
      case 'snapshot':
        await consumer.present(message.take)
        return null
      case 'forget':
        return consumer.forget()
      default:
        return message satisfies never
    }
  }

  toMain.on('message', (message: ToLive) => {
    switch (message.type) {
      case 'request':
        void answer(message).then((given) => {
          if (message.name !== 'snapshot') tell()
          // Read and sent without a pause, so that the snapshot and what is told are in one order.
          const isSnapshot = message.name === 'snapshot'
          const own = isSnapshot ? consumer.keptResults(message.take) : given
          send({ type: 'answer', id: message.id, answer: own })
        })
        return
      case 'answer': {
        const resolve = pending.get(message.id)
        pending.delete(message.id)
        resolve?.(message.answer)
        return
      }
      case 'start':
        void consumer.start(message.committed).then(() => {
          started.resolve()
          tell()
        })
        return
      case 'committed':
        consumer.committed(message.partition, message.next)
        return
      case 'listening':
        listens = message.on
        stopListening()
        stopListening = message.on ? consumer.listen() : () => {}
        return
      case 'close':
        stopTelling()
        void consumer
          .stop()
          .then(() => Promise.all([log.close(), lookUp.close()]))
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
