/** A process that appends with four writers, rewrites what they wrote, and prints every acknowledgement, until it is killed. */
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

/** Cuts the padding of some records, again and again. */
async function rewrite(): Promise<void> {
  for (let round = 0; ; round++) {
    await journal.rewrite(
      round % 2,
      ({ offset, payload }) => {
        const text = Buffer.from(payload).toString()
        return Number(offset) % 5 === round % 5 && text.endsWith('xx')
          ? Buffer.from(text.replace(/x+$/, 'x'))
          : null
      },
      { rotate: round % 8 === 0 },
    )
  }
}

await Promise.all([rewrite(), ...[0, 1, 2, 3].map(write)])
