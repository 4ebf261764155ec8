import type { MadeEvent } from './event.ts'
import { cellsOf, type World } from './world.ts'

const timeOf = (event: MadeEvent): number => event.common.timestamp

/**
 * The events of a world in [from, to), epoch milliseconds, in order of time, cell by cell. Two ranges that
 * meet have together the events of the range from the first's start to the second's end.
 */
export function* eventStream(world: World, from: number, to: number): Generator<MadeEvent[]> {
  const { first, end } = cellsOf(world, from, to)
  let carried: MadeEvent[] = []
  for (let index = first; index < end; index++) {
    const edge = Math.min(to, (index + 1) * world.cellMs)
    const all = carried.concat(world.cell(index)).sort((a, b) => timeOf(a) - timeOf(b))
    const now = all.filter((event) => timeOf(event) < edge)
    carried = all.slice(now.length)
    const wanted = now.filter((event) => timeOf(event) >= from)
    if (wanted.length > 0) yield wanted
  }
}

/** The events that the cells [first, end) make, as far as they lie in [from, to). */
export function* eventsOfCells(
  world: World,
  cells: { readonly first: number; readonly end: number },
  from: number,
  to: number,
): Generator<MadeEvent[]> {
  for (let index = cells.first; index < cells.end; index++) {
    const wanted = world.cell(index).filter((event) => {
      const time = timeOf(event)
      return time >= from && time < to
    })
    if (wanted.length > 0) yield wanted
  }
}

/** The events of a world from a moment on, one by one, without end; of conversations that begin from then on. */
export function* liveStream(world: World, from: number): Generator<MadeEvent, undefined> {
  let carried: MadeEvent[] = []
  for (let index = Math.floor(from / world.cellMs); ; index++) {
    const edge = (index + 1) * world.cellMs
    const all = carried.concat(world.cell(index)).sort((a, b) => timeOf(a) - timeOf(b))
    carried = []
    for (const event of all) {
      if (timeOf(event) >= edge) carried.push(event)
      else if (timeOf(event) >= from) yield event
    }
  }
}
