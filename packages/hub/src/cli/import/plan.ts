import { createHash } from 'node:crypto'
import { stableText } from '../../query/stable-text.ts'
import { compileMapping, type MapRow, put } from './map-row.ts'
import type { FileFormat, Mapping } from './mapping.ts'

/** How the rows of files become events. */
export interface ImportPlan {
  /** Absent: by the name of the file. */
  readonly format?: FileFormat
  readonly map: MapRow
  /** SHA-256 in hex of everything that the events follow from beside the file. */
  readonly hash: string
  /** Kind of the events, empty where the rows say it. */
  readonly kind: string
  readonly needs: readonly string[]
}

export interface PlanOptions {
  readonly start: number | null
  readonly constants: Readonly<Record<string, string>>
}

export type PlanOutcome =
  | { readonly ok: true; readonly plan: ImportPlan }
  | { readonly ok: false; readonly problems: readonly string[] }

/** The plan of a mapping. */
export function planOf(mapping: Mapping, options: PlanOptions): PlanOutcome {
  const compiled = compileMapping(mapping)
  if (!compiled.ok) return compiled
  const { doc: _doc, ...meant } = mapping
  const { format, kind, needs } = mapping
  return {
    ok: true,
    plan: {
      ...(format === undefined ? {} : { format }),
      map: compiled.map,
      hash: hashOf({ mapping: meant, ...options }),
      kind,
      needs,
    },
  }
}

/** The plan of files whose rows are events already, as `llmhub export events` writes them. */
export function eventsPlan(options: PlanOptions): ImportPlan {
  return { map: mapEvent, hash: hashOf({ mapping: 'events', ...options }), kind: '', needs: [] }
}

function hashOf(value: unknown): string {
  return createHash('sha256').update(stableText(value)).digest('hex')
}

const mapEvent: MapRow = (row, index, { fileId, constants }) => {
  const { common, payload } = row
  if (!isRecord(common) || !isRecord(payload)) {
    const problem = 'not an event with common and payload: say how to read the file with --map'
    return { problem, path: '' }
  }
  const filled: Record<string, unknown> = { ...payload }
  for (const [path, value] of Object.entries(constants)) put(filled, path, value)
  const id = common['event_id'] ?? `${fileId}-${index}`
  return { event: { ...row, common: { ...common, event_id: id }, payload: filled } }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
