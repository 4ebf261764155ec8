/**
 * A limit to the work of fitting. Searches take from it what each evaluation costs and end with the best so far when
 * nothing is left, so that no series, however odd, is worked on for longer than was allowed. A step is about 5 to 10 ns.
 */
export interface Effort {
  /** Takes off so many steps (values × states × columns of one pass); false from the first time that they are not there. */
  spend(this: void, steps: number): boolean
  /** Steps taken so far. */
  spent(this: void): number
}

/** `stop` is asked at each spending, for a limit that is not in steps; true ends all further work. */
export function createEffort(limit: number, stop: () => boolean = () => false): Effort {
  let taken = 0
  let over = false
  return {
    spend(steps) {
      over ||= taken + steps > limit || stop()
      if (!over) taken += steps
      return !over
    },
    spent: () => taken,
  }
}

/** A limit within another: what is spent of it is spent of both. */
export function partOf(whole: Effort, limit: number): Effort {
  let taken = 0
  let over = false
  return {
    spend(steps) {
      over ||= taken + steps > limit || !whole.spend(steps)
      if (!over) taken += steps
      return !over
    },
    spent: () => taken,
  }
}
