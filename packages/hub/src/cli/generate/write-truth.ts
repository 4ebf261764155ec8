import { writeFile } from 'node:fs/promises'
import type { Totals } from '../../generate/totals.ts'
import { truthOf } from '../../generate/truth.ts'
import { createWorld } from '../../generate/world.ts'
import type { GeneratedRange } from './range.ts'

/** Writes what is true of the events of a range, as JSON. */
export async function writeTruth(
  file: string,
  { world, from, to }: GeneratedRange,
  totals: Totals,
): Promise<void> {
  const truth = truthOf(createWorld(world), from, to, totals)
  await writeFile(file, `${JSON.stringify(truth, null, 2)}\n`)
}
