import type { Common } from '@llmhub/schema'
import { arrivals, type GapShape } from './arrivals.ts'
import { conversation, eventsPerCall, LONGEST_SESSION_MS, type Moment, meanTurns } from './calls.ts'
import type { Draft, MadeEvent } from './event.ts'
import { type Incident, incidentsBetween } from './incidents.ts'
import { BACKGROUND_THREATS, NOTICES, threat } from './notices.ts'
import { quantile } from './quantile-table.ts'
import { mixWords, Random } from './random.ts'
import { type ApplicationTables, loadLevel, makeTables, type Tables } from './tables.ts'

/**
 * The made-up traffic of an organisation, as a function of seed, rate and time. Time is cut into cells
 * since 1970, and each is made from its own seed: the events of a range are those of its cells, whichever
 * other ranges are made, before, later or on another machine.
 */
export interface WorldOptions {
  /** Whole number from 0 to 2^32 - 1. */
  readonly seed: number
  /** Events per day, on the average of a week without incidents. */
  readonly perDay: number
  /** Days and weeks have their rhythm; without it the rate is the same at all times. Default true. */
  readonly rhythm?: boolean
}

export interface World extends Required<WorldOptions> {
  /** In every id of the world: other worlds have others. */
  readonly id: string
  readonly cellMs: number
  /** Events of conversations and notices that begin in a cell, in order of time; they may reach an hour beyond it. */
  cell(index: number): MadeEvent[]
}

const HOUR_MS = 3_600_000
const DAY_MS = 86_400_000
/** Seconds a cell may have, and how many events it should at most hold. */
const CELL_SECONDS = [3600, 600, 60, 10, 1] as const
const CELL_EVENTS = 50_000
/** Parts of a cell with a rate of their own. */
const PART_MS = 5 * 60_000
/** Raised when the same options make other events, so that their ids differ too. */
const VERSION = 1

export function createWorld(options: WorldOptions): World {
  return new CellWorld(options, makeTables())
}

/** Of a cell, from the cells of the hour before it on: what conversations reach over. */
export function cellsOf(
  world: World,
  from: number,
  to: number,
): { readonly first: number; readonly end: number } {
  return {
    first: Math.floor((from - LONGEST_REACH_MS) / world.cellMs),
    end: Math.ceil(to / world.cellMs),
  }
}

/** The last turn of a conversation may take two minutes, and its score comes a minute later. */
const LONGEST_REACH_MS: number = LONGEST_SESSION_MS + 5 * 60_000

class CellWorld implements World {
  readonly seed: number
  readonly perDay: number
  readonly rhythm: boolean
  readonly id: string
  readonly cellMs: number
  readonly #tables: Tables
  readonly #random: Random
  readonly #base: number
  /** Calls per millisecond. */
  readonly #calls: number

  constructor({ seed, perDay, rhythm = true }: WorldOptions, tables: Tables) {
    this.seed = seed
    this.perDay = perDay
    this.rhythm = rhythm
    const rate = [Math.floor(perDay / 0x1_0000_0000), Math.floor(perDay), perDay * 1000]
    this.#base = mixWords(VERSION, [seed, ...rate, rhythm ? 1 : 0])
    this.id = (this.#base >>> 0).toString(36).padStart(7, '0')
    const seconds = CELL_SECONDS.find((length) => (perDay * length) / 86_400 <= CELL_EVENTS) ?? 1
    this.cellMs = seconds * 1000
    this.#tables = tables
    this.#random = new Random(0)
    const shares = tables.applications.reduce((sum, { application }) => sum + application.share, 0)
    const perCall = tables.applications.reduce(
      (sum, { application }) => sum + (application.share / shares) * eventsPerCall(application),
      0,
    )
    const noticed = NOTICES.reduce((sum, { share }) => sum + share, 0)
    this.#calls = ((perDay / DAY_MS) * (1 - noticed)) / perCall / shares
  }

  cell(index: number): MadeEvent[] {
    const start = index * this.cellMs
    const found: { readonly time: number; readonly event: MadeEvent }[] = []
    const prefix = `${this.id}-${index.toString(36)}`
    const moment = {
      tables: this.#tables,
      random: this.#random,
      prefix,
      emit: (time: number, payload: Draft, common: Omit<Common, 'timestamp'>): void => {
        const event_id = `${prefix}-${found.length.toString(36)}`
        const event = { common: { event_id, timestamp: time, ...common }, payload }
        found.push({ time, event })
      },
    }
    // Incidents that begin while a conversation lasts hit it too. No two are at the same time, but one may end and another begin.
    const incidents = incidentsBetween(this.seed, start, start + this.cellMs + LONGEST_REACH_MS)
    for (const [place, tables] of this.#tables.applications.entries()) {
      this.#random.seed(this.#base, index, place)
      this.#addCalls(tables, start, incidents, moment)
    }
    this.#random.seed(this.#base, index, 0x4e)
    this.#addNotices(start, incidents, moment)
    found.sort((a, b) => a.time - b.time)
    return found.map(({ event }) => event)
  }

  #addCalls(
    tables: ApplicationTables,
    start: number,
    incidents: readonly Incident[],
    moment: Omit<Moment, 'incident' | 'load'>,
  ): void {
    const { application } = tables
    const random = moment.random
    const usual = (this.#calls * application.share) / meanTurns(application)
    const begin = (time: number, user: string | null): void => {
      const incident = incidents.find(({ to }) => to > time) ?? null
      const load = loadLevel(
        this.#rhythm(application.day, application.week, time) * surge(incident, time),
      )
      conversation({ ...moment, incident, load }, tables, time, user === null ? null : { user })
    }
    const rates = this.#rates(start, (time) => {
      const incident = activeAt(incidents, time)
      const hit =
        incident !== null &&
        incident.target.dimension === 'service' &&
        incident.target.value === application.service &&
        incident.effect.measure === 'requests.count'
      const factor = hit ? incident.effect.amount : 1
      const noise = quantile(this.#tables.rateNoise, random.uniform())
      return usual * this.#rhythm(application.day, application.week, time) * factor * noise
    })
    for (const time of arrivals(random, tables.gaps, start, this.cellMs, rates)) begin(time, null)
    const spike = incidents.find(({ kind }) => kind === 'cost_spike')
    if (spike === undefined || application.service !== 'ops-agent') return
    const extra = this.#rates(start, (time) =>
      time >= spike.from && time < spike.to
        ? this.#calls * application.share * spike.effect.amount
        : 0,
    )
    const { steady } = this.#tables
    for (const time of arrivals(random, steady, start, this.cellMs, extra)) {
      begin(time, spike.target.value)
    }
  }

  #addNotices(
    start: number,
    incidents: readonly Incident[],
    { random, emit, prefix }: Omit<Moment, 'incident' | 'load'>,
  ): void {
    const { steady, applications } = this.#tables
    const day = applications[1]?.application
    const add = (
      shape: GapShape,
      rateAt: (time: number) => number,
      make: () => Draft,
      common: Omit<Common, 'timestamp'>,
    ): void => {
      for (const time of arrivals(random, shape, start, this.cellMs, this.#rates(start, rateAt))) {
        emit(time, make(), common)
      }
    }
    for (const notice of NOTICES) {
      const { share, followsTraffic, severity } = notice
      const usual = (this.perDay / DAY_MS) * share
      const common = {
        source_module: 'platform',
        ...(severity === undefined ? {} : { severity }),
        environment: 'production',
      }
      const rateAt = (time: number): number =>
        usual * (followsTraffic && day !== undefined ? this.#rhythm(day.day, day.week, time) : 1)
      add(steady, rateAt, () => notice.make(random, prefix), common)
      if (notice !== BACKGROUND_THREATS) continue
      const wave = incidents.find(({ kind }) => kind === 'attack_wave')
      if (wave === undefined) continue
      const waveRate = (time: number): number =>
        time >= wave.from && time < wave.to ? usual * (wave.effect.amount - 1) : 0
      const alarming = { ...common, severity: 'critical' as const }
      add(steady, waveRate, () => threat(random, wave.target), alarming)
    }
  }

  /** Expected numbers of the parts of a cell, from numbers per millisecond. */
  #rates(start: number, perMs: (time: number) => number): Float64Array {
    const parts = Math.max(1, this.cellMs / PART_MS)
    const width = this.cellMs / parts
    return Float64Array.from({ length: parts }, (_, part) => perMs(start + part * width) * width)
  }

  /** How many times the usual there is at a moment. The hours run into one another. */
  #rhythm(day: readonly number[], week: readonly number[], time: number): number {
    if (!this.rhythm) return 1
    const hours = time / HOUR_MS
    const hour = Math.floor(hours)
    const part = hours - hour
    const here = day[((hour % 24) + 24) % 24] ?? 1
    const next = day[(((hour + 1) % 24) + 24) % 24] ?? 1
    // 1970 began on a Thursday.
    const weekday = week[(((Math.floor(time / DAY_MS) + 3) % 7) + 7) % 7] ?? 1
    return (here + (next - here) * part) * weekday
  }
}

function activeAt(incidents: readonly Incident[], time: number): Incident | null {
  return incidents.find(({ from, to }) => time >= from && time < to) ?? null
}

function surge(incident: Incident | null, time: number): number {
  if (incident?.kind !== 'traffic_surge' || time < incident.from) return 1
  return incident.effect.amount
}
