import { createWriteStream } from 'node:fs'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { eventStream } from '../../generate/event-stream.ts'
import { addEvents, emptyTotals, type Totals } from '../../generate/totals.ts'
import { createWorld } from '../../generate/world.ts'
import type { CliContext } from '../context.ts'
import type { Progress } from '../progress.ts'
import { expectedEvents, type GeneratedRange } from './range.ts'

/** Writes the events of a range as lines of JSON, in order of time; `-` is the standard output. */
export async function writeFile(
  range: GeneratedRange,
  file: string,
  context: CliContext,
  progress: Progress,
): Promise<Totals> {
  const totals = emptyTotals()
  const expected = expectedEvents(range)
  const lines = function* (): Generator<string> {
    for (const events of eventStream(createWorld(range.world), range.from, range.to)) {
      addEvents(totals, events)
      yield `${events.map((event) => JSON.stringify(event)).join('\n')}\n`
      progress.update(totals.events, expected, totals.events)
    }
  }
  const target = file === '-' ? process.stdout : createWriteStream(file)
  const { signal } = context
  await pipeline(Readable.from(lines()), target, { signal, end: file !== '-' })
  progress.finish()
  return totals
}
