import {
  type LiveDefinition,
  type LiveSource,
  type LiveStatus,
  type LiveUpdate,
  sizeOf,
} from '../src/live/live.ts'

/** A source of live results that a test tells what happens. */
export interface MemoryLiveSource extends LiveSource {
  /** Tells of results, and keeps them for snapshots. */
  tell(...updates: readonly LiveUpdate[]): void
  readonly listeners: number
  /** Snapshots that were asked for. */
  readonly snapshots: number
  /** Makes snapshots wait until it is called again with false. */
  holdSnapshots(held: boolean): void
  lagMs: number
}

const MINUTE = 60_000_000
/** 2026-11-21T10:00:00Z in epoch microseconds. */
const TEN = Date.UTC(2026, 10, 21, 10) * 1000

export const CALLS: LiveDefinition = {
  name: 'calls',
  project: null,
  windows: [
    { type: 'calendar', step: '1m' },
    { type: 'calendar', step: '1h' },
  ],
  by: ['model'],
  measures: ['requests.count', 'cost.total'],
  where: null,
  builtIn: true,
}

/** A result of `calls` of a minute after ten; `index` counts the panes of its window and key. */
export function result(
  model: string | null,
  count: number,
  {
    index = 0,
    minute = 0,
    project = 'default',
    size = '1m',
    ...rest
  }: Partial<LiveUpdate> & {
    readonly index?: number
    readonly minute?: number
  } = {},
): LiveUpdate {
  const start = TEN + minute * MINUTE
  return {
    definition: 'calls',
    size,
    project,
    window: { start, end: start + MINUTE },
    key: [model],
    values: { 'requests.count': count, 'cost.total': '0.25' },
    pane: { index, timing: 'early', closed: false },
    source: 'live',
    ...rest,
  }
}

export function memoryLiveSource(
  initial: readonly LiveDefinition[] = [CALLS],
  maxDefinitions = 100,
): MemoryLiveSource {
  const definitions = new Map(initial.map((each) => [each.name, each]))
  const kept = new Map<string, LiveUpdate>()
  const listeners = new Set<(updates: readonly LiveUpdate[]) => void>()
  let told = 0
  let asked = 0
  let held: Promise<void> | null = null
  let release = (): void => {}
  return {
    lagMs: 0,
    get listeners() {
      return listeners.size
    },
    get snapshots() {
      return asked
    },
    holdSnapshots(hold) {
      release()
      held = hold ? new Promise((resolve) => (release = resolve)) : null
    },
    tell(...updates) {
      told += updates.length
      for (const update of updates) {
        const { definition, key, project, size, window } = update
        kept.set(JSON.stringify([definition, size, project, window, key]), update)
      }
      for (const listener of listeners) listener(updates)
    },
    definitions: () => [...definitions.values()],
    async put(definition) {
      if (definition.trigger !== undefined && 'bad' in definition.trigger) {
        const issues = [{ path: '/trigger/on', message: 'there is no such trigger' }]
        return { ok: false, code: 'invalid', message: 'the trigger is not valid', issues }
      }
      if (definitions.size >= maxDefinitions) {
        return { ok: false, code: 'too_many', message: 'no more fit', issues: [] }
      }
      definitions.set(definition.name, definition)
      return { ok: true, definition }
    },
    async remove(name) {
      return definitions.delete(name)
    },
    async snapshot(of) {
      asked++
      await held
      const definition = definitions.get(of.definition)
      if (definition === undefined) return null
      const updates = [...kept.values()].filter(
        (each) =>
          each.definition === of.definition &&
          each.size === of.size &&
          (of.project === null || each.project === of.project),
      )
      return { updates: updates.slice(-of.limit), position: `0:${told}`, watermark: TEN }
    },
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    status() {
      return [...definitions.values()].flatMap((definition) =>
        definition.windows.map(
          (window): LiveStatus => ({
            definition: definition.name,
            size: sizeOf(window),
            watermark: TEN,
            lagRecords: 0,
            lagMs: this.lagMs,
            late: 0,
            openWindows: kept.size,
            groups: kept.size,
            overflow: 0,
            restated: 0,
          }),
        ),
      )
    },
  }
}
