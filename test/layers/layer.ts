/** Where a file of the hub stands. `name` tells apart those of one layer that must not meet. */
export interface Place {
  readonly layer: Layer
  readonly name: string
}

export type Layer = 'core' | 'config' | 'port' | 'adapter' | 'stage' | 'api' | 'cli' | 'root'

const PORTS: ReadonlySet<string> = new Set(['log', 'store', 'control', 'cache'])
const STAGES: ReadonlySet<string> = new Set([
  'receivers',
  'ingest',
  'maintenance',
  'backup',
  'export',
  'formats',
  'rollup',
  'live',
  'detect',
  'advise',
  'query',
  'generate',
  'alert',
  'auth',
])
const ROOTS: ReadonlySet<string> = new Set([
  'pipeline.ts',
  'hub.ts',
  'hub-erasure.ts',
  'hub-live.ts',
  'hub-refusals.ts',
  'hub-status.ts',
  'hub-warm-up.ts',
  'hub-windows.ts',
  'main.ts',
  'live-worker.ts',
  'store-worker.ts',
  'history-worker.ts',
])

export const HUB = 'packages/hub/src/'

/** The place of a path below `packages/hub/src/`; `undefined` when no layer has such a folder. */
export function placeOf(path: string): Place | undefined {
  const [first = '', ...rest] = path.slice(HUB.length).split('/')
  if (rest.length === 0) return ROOTS.has(first) ? { layer: 'root', name: first } : undefined
  if (PORTS.has(first)) {
    return rest.length === 1
      ? { layer: 'port', name: first }
      : { layer: 'adapter', name: `${first}/${rest[0]}` }
  }
  if (STAGES.has(first)) return { layer: 'stage', name: first }
  switch (first) {
    case 'core':
    case 'config':
    case 'api':
    case 'cli':
      return { layer: first, name: first }
    default:
      return undefined
  }
}
