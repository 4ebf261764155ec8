// Fails a test file that leaves servers, sockets, processes, workers, watchers or timers open.
//
// Loaded by vitest before every test file, whose process is its own. What is open then belongs to
// vitest; what is open in addition after the file's last hook was left behind. Closing takes its way
// through the event loop, so what is left gets a moment to settle; a file that closes everything
// waits for nothing. Timers that do not keep the process alive (`unref`) are not counted.

import { setTimeout } from 'node:timers/promises'
import type { Worker } from 'node:worker_threads'
import { afterAll } from 'vitest'

const SETTLE_MS = 2_000
const STEP_MS = 10

/** Requests under way end by themselves; standard streams may be opened by the first line printed. */
const PASSING = /Req|Immediate|TTYWrap/

/** Node does not count worker threads among the resources, but tells of each that is begun. */
const workers = new Set<Worker>()
process.on('worker', (worker: Worker) => {
  workers.add(worker)
  worker.once('exit', () => workers.delete(worker))
})

/** What is open, counted by kind. */
function open(): Map<string, number> {
  const counts = new Map<string, number>()
  for (const kind of process.getActiveResourcesInfo()) {
    if (!PASSING.test(kind)) counts.set(kind, (counts.get(kind) ?? 0) + 1)
  }
  if (workers.size > 0) counts.set('Worker', workers.size)
  return counts
}

// Who imports `node:process` opens the standard streams, which are pipes where nobody watches: they are
// no leak of the file that is the first to do so.
for (const name of ['stdin', 'stdout', 'stderr']) Reflect.get(process, name)

const before = open()

function leftBehind(): string[] {
  return [...open()].flatMap(([kind, count]) => {
    const extra = count - (before.get(kind) ?? 0)
    return extra > 0 ? [`${extra} ${kind}`] : []
  })
}

// Hooks run in the reverse order of their registration: this one was first and runs last.
afterAll(async () => {
  for (let waited = 0; leftBehind().length > 0 && waited < SETTLE_MS; waited += STEP_MS) {
    await setTimeout(STEP_MS)
  }
  const left = leftBehind()
  if (left.length > 0) throw new Error(`left open by this test file: ${left.join(', ')}`)
})
