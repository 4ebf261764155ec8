/** A worker thread that follows a log with a reader of its own. Told `until`, it answers how far it has read. */
import { type MessagePort, parentPort, workerData } from 'node:worker_threads'
import { openJournalReader } from './reader.ts'

function serve(dir: string, port: MessagePort): void {
  const reader = openJournalReader(dir)
  let next = 0n
  let work = Promise.resolve()
  const follow = async (until: bigint) => {
    for await (const { offset, payload } of reader.read(0, next, until)) {
      if (offset !== next) throw new Error(`offset ${offset} where ${next} was expected`)
      const text = Buffer.from(payload).toString().split(' ')[0]
      if (text !== String(offset)) throw new Error(`record ${offset} holds ${text}`)
      next = offset + 1n
    }
    port.postMessage(next)
  }
  port.on('message', (until: bigint) => {
    work = work.then(() => follow(until))
  })
}

if (parentPort !== null) serve((workerData as { dir: string }).dir, parentPort)
