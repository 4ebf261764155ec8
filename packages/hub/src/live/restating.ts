import type { LiveWindow } from './live.ts'
import {
  boundsName,
  isRestatable,
  type WindowBounds,
  windowsAt,
  windowsWithin,
} from './window-times.ts'

/** Every project. */
export const ALL = '*'

/** A window of a project whose values are to be asked from the store. */
export interface Due extends WindowBounds {
  /** `ALL` for every project. */
  readonly project: string
}

export interface RestatingState {
  readonly incompleteBefore: number | null
  readonly doubted: readonly Due[]
  readonly due: readonly Due[]
}

/**
 * Which windows of one definition and size do not have all of their rows here, or have rows that count no more. What
 * is counted of those is not told: their values are asked from the store, when they close and whenever
 * something of them changes after that.
 *
 * Windows that began before the consumer did are all in doubt.
 */
export class Restating {
  readonly #window: LiveWindow
  #incompleteBefore: number
  readonly #doubted = new Map<string, Due>()
  readonly #due = new Map<string, Due>()
  /** Those that a question is under way for: they are due until it is answered. */
  readonly #asking = new Map<string, Due>()

  /** @param incompleteBefore windows that begin before this are in doubt; −∞: none */
  constructor(window: LiveWindow, incompleteBefore: number, state?: RestatingState) {
    this.#window = window
    this.#incompleteBefore =
      state === undefined ? incompleteBefore : (state.incompleteBefore ?? Number.NEGATIVE_INFINITY)
    for (const each of state?.doubted ?? []) this.#doubted.set(nameOf(each), each)
    for (const each of state?.due ?? []) this.#due.set(nameOf(each), each)
  }

  state(): RestatingState {
    const { doubted, due } = this.#lists()
    const before = this.#incompleteBefore
    return { incompleteBefore: Number.isFinite(before) ? before : null, doubted, due }
  }

  #lists(): { readonly doubted: Due[]; readonly due: Due[] } {
    const due = new Map([...this.#asking, ...this.#due])
    return { doubted: [...this.#doubted.values()], due: [...due.values()] }
  }

  /** Takes over what another one has to ask, which is no more. */
  inherit(from: Restating): void {
    const { doubted, due } = from.#lists()
    for (const each of doubted) this.#doubted.set(nameOf(each), each)
    for (const each of due) this.ask(each)
  }

  /** Whether what was counted of the window is not to be told. */
  doubts(bounds: WindowBounds, project: string): boolean {
    if (!isRestatable(this.#window)) return false
    return (
      bounds.start < this.#incompleteBefore ||
      this.#doubted.has(nameOf({ ...bounds, project })) ||
      this.#doubted.has(nameOf({ ...bounds, project: ALL }))
    )
  }

  /** Rows of the windows at `time` changed otherwise than by being read in time. */
  doubtAt(project: string, time: number, watermark: number, keptFrom: number): void {
    for (const bounds of windowsAt(this.#window, time)) {
      this.doubt({ ...bounds, project }, watermark, keptFrom)
    }
  }

  /** … of all windows that hold an instant of [from, to). */
  doubtWithin(
    project: string,
    from: number,
    to: number,
    watermark: number,
    keptFrom: number,
    most: number,
  ): void {
    const begin = Math.max(from, keptFrom)
    for (const bounds of windowsWithin(this.#window, begin, to, most)) {
      this.doubt({ ...bounds, project }, watermark, keptFrom)
    }
  }

  /** Rows of one window changed so. */
  doubt(due: Due, watermark: number, keptFrom: number): void {
    if (due.end <= keptFrom) return
    this.#doubted.set(nameOf(due), due)
    if (due.end <= watermark) this.ask(due)
  }

  /** The store is to be asked for a window. */
  ask(due: Due): void {
    this.#due.set(nameOf(due), due)
  }

  /**
   * The watermark has reached `watermark`: windows in doubt that have ended are asked for.
   * @param forgotten windows that end before this had been forgotten when results were taken last
   */
  advance(before: number, watermark: number, forgotten: number, keptFrom: number): void {
    for (const [name, due] of this.#doubted) {
      if (due.end > before && due.end <= watermark) this.ask(due)
      // The operator holds nothing of it any more, so that what comes late puts it in doubt again.
      if (due.end <= forgotten && due.start >= this.#incompleteBefore) this.#doubted.delete(name)
      else if (due.end <= keptFrom && due.end <= forgotten) this.#doubted.delete(name)
    }
    for (const [name, due] of this.#due) if (due.end <= keptFrom) this.#due.delete(name)
  }

  /** Windows in doubt that have not ended. */
  open(watermark: number): Due[] {
    return [...this.#doubted.values()].filter(({ end }) => end > watermark)
  }

  due(): Due[] {
    return [...this.#due.values()]
  }

  /** It is being asked for: what changes from now on makes it due again. */
  taken(due: Due): void {
    this.#due.delete(nameOf(due))
    this.#asking.set(nameOf(due), due)
  }

  /** Its question is answered, or it is due again. */
  answered(due: Due): void {
    this.#asking.delete(nameOf(due))
  }
}

function nameOf(due: Due): string {
  return `${boundsName(due)}:${due.project}`
}
