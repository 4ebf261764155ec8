/** A process that appends with four writers and prints every acknowledgement, until it is killed. */
import { writeSync } from 'node:fs'
import { openJournal } from './journal.ts'

const [dir = '', cycle = ''] = process.argv.slice(2)
writeSync(1, 'opening\n')
const opened = await openJournal({ dir, segmentBytes: 100_000 })
if (!opened.ok) throw new Error(opened.error.message)
const { journal } = opened

async function write(writer: number): Promise<void> {
  for (let i = 0; ; i++) {
    const name = `${cycle}.${writer}.${i}`
    const count = 1 + (i % 3)
    const entries = Array.from({ length: count }, (_, part) => {
      const text = `${name} ${part} ${count} `.padEnd(50 + ((i * 997) % 5_000), 'x')
      return { kind: 'events' as const, payload: Buffer.from(text) }
    })
    const outcome = await journal.append(writer % 2, entries)
    if (!outcome.ok) throw new Error(outcome.message)
    const { partition, first } = outcome.appended
    // Written at once, so that what is printed before the kill arrives.
    writeSync(1, `ack ${partition} ${first} ${name}\n`)
  }
}

await Promise.all([0, 1, 2, 3].map(write))
