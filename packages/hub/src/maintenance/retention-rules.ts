import { FAMILIES } from '@llmhub/schema'
import type { Control } from '../control/control.ts'
import {
  daysKept,
  type Hold,
  holdsOn,
  LETTERS,
  type RetentionDefaults,
  type RetentionPolicy,
  withoutHeld,
} from '../core/retention.ts'

const DAY_MICROS = 86_400_000_000
const HOUR_MICROS = 3_600_000_000

/** Rows that policies let go: those of [from, before), event time, or receive time of dead letters. */
export interface RetentionCut {
  /** Null: every project. */
  readonly project: string | null
  /** A family, null for all of them but not dead letters, or `LETTERS`. */
  readonly family: string | null
  readonly from: number | null
  readonly before: number
}

/** Ages in microseconds; null keeps for ever. */
export interface ProjectAges {
  readonly events: number | null
  /** Families that differ from that. */
  readonly families: ReadonlyMap<string, number | null>
}

/** A policy as it would be; days null: removed. */
export interface PolicyChange {
  readonly project: string | null
  readonly family: string | null
  readonly days: number | null
}

export interface RetentionState {
  readonly policies: readonly RetentionPolicy[]
  readonly defaults: RetentionDefaults
  readonly holds: readonly Hold[]
}

/** Policies and holds as they are now, kept in memory because intake asks with every request. */
export class RetentionRules {
  readonly #control: Pick<Control, 'retention' | 'holds'>
  readonly #defaults: RetentionDefaults
  #state: RetentionState | null = null
  readonly #ages = new Map<string, ProjectAges>()

  constructor(control: Pick<Control, 'retention' | 'holds'>, defaults: RetentionDefaults) {
    this.#control = control
    this.#defaults = defaults
  }

  /** Policies or holds were changed. */
  forget(): void {
    this.#state = null
    this.#ages.clear()
  }

  get state(): RetentionState {
    this.#state ??= {
      policies: this.#control.retention(),
      defaults: this.#defaults,
      holds: this.#control.holds(),
    }
    return this.#state
  }

  /** How old events of a project may be when they come in. */
  ages(project: string): ProjectAges {
    let ages = this.#ages.get(project)
    if (ages === undefined) {
      const { policies, defaults } = this.state
      const age = (family: string): number | null => {
        const days = daysKept(policies, defaults, project, family)
        return days === null ? null : days * DAY_MICROS
      }
      // No family has an empty name, so that only policies for all of them answer.
      const events = age('')
      const families = new Map<string, number | null>()
      for (const family of FAMILIES) {
        if (age(family) !== events) families.set(family, age(family))
      }
      ages = { events, families }
      this.#ages.set(project, ages)
    }
    return ages
  }
}

/**
 * What the policies let go now, as few cuts as say it: one for all projects where none has a policy or
 * a hold of its own, one for all families where they agree. Bounds are whole hours, so that a run
 * every hour empties whole buckets; held ranges are left out.
 *
 * @param projects every project that may have rows
 * @param now epoch microseconds
 */
export function retentionCuts(
  { policies, defaults, holds }: RetentionState,
  projects: readonly string[],
  now: number,
): RetentionCut[] {
  const held = holds.filter((hold) => hold.releasedAt === null)
  const ownRules = held.length > 0 || policies.some(({ project }) => project !== null)
  return (ownRules ? projects : [null]).flatMap((project) => {
    const piecesOf = (family: string) => {
      const days = daysKept(policies, defaults, project ?? '', family)
      if (days === null) return []
      const before = Math.floor((now - days * DAY_MICROS) / HOUR_MICROS) * HOUR_MICROS
      return withoutHeld(before, project === null ? [] : holdsOn(held, project, family))
    }
    const events = FAMILIES.map((family) => ({ family, pieces: piecesOf(family) }))
    const [first] = events
    const agree = events.every(({ pieces }) => sameText(pieces, first?.pieces))
    const groups = agree ? [{ family: null, pieces: first?.pieces ?? [] }] : events
    return [...groups, { family: LETTERS, pieces: piecesOf(LETTERS) }].flatMap(
      ({ family, pieces }) => pieces.map((piece) => ({ project, family, ...piece })),
    )
  })
}

/** The rules as they would be with a policy put or removed. */
export function withPolicy(state: RetentionState, change: PolicyChange): RetentionState {
  const { project, family, days } = change
  const policies = state.policies.filter(
    (policy) => policy.project !== project || policy.family !== family,
  )
  if (days !== null) policies.push({ project, family, days })
  return { ...state, policies }
}

/** Whether a policy has a say in what a cut lets go. */
export function isAbout(
  { project, family }: Pick<PolicyChange, 'project' | 'family'>,
  cut: RetentionCut,
): boolean {
  if (project !== null && cut.project !== null && cut.project !== project) return false
  if (family === null || family === LETTERS || cut.family === LETTERS) {
    return (family === LETTERS) === (cut.family === LETTERS)
  }
  return cut.family === null || cut.family === family
}

function sameText(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}

/** Whether a row of this project, family (or `LETTERS`) and time, is one that the cuts let go. */
export function isCut(
  cuts: readonly RetentionCut[],
  project: string,
  family: string,
  from: number,
  before: number,
): boolean {
  return cuts.some(
    (cut) =>
      (cut.project === null || cut.project === project) &&
      (cut.family === family || (cut.family === null && family !== LETTERS)) &&
      (cut.from === null || from >= cut.from) &&
      before <= cut.before,
  )
}
