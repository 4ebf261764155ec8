import { decodeBatch } from '@llmhub/stream'
import { projectScope } from '../../core/scope.ts'
import type { Log } from '../../log/log.ts'
import type { Store } from '../../store/store.ts'
import type { IntakeOptions, KnownEvent } from '../intake.ts'

/** Events asked for in one question. */
const CHUNK = 500

/**
 * Finds events that are older than the index remembers. The store says where in the log an event of
 * that time and id lies; the log has the hash of its content. A store that is being rebuilt cannot
 * say: the look-up is tried again until it can, because guessing would count an event twice.
 */
export function createStoreLookup(
  query: Store['query'],
  log: Pick<Log, 'read'>,
  pause: () => Promise<void>,
): IntakeOptions['lookup'] {
  return async (project, events) => {
    const known: (KnownEvent | null)[] = []
    for (let from = 0; from < events.length; from += CHUNK) {
      const part = events.slice(from, from + CHUNK)
      const found = await findPositions(query, project, part, pause)
      for (const event of part) {
        const position = found.get(event.eventId)
        known.push(position === undefined ? null : await readContent(log, position))
      }
    }
    return known
  }
}

interface Position {
  readonly partition: number
  readonly offset: bigint
  readonly index: number
}

async function findPositions(
  query: Store['query'],
  project: string,
  events: readonly { readonly eventId: string; readonly time: number }[],
  pause: () => Promise<void>,
): Promise<ReadonlyMap<string, Position>> {
  const times = events.map((event) => event.time)
  for (;;) {
    const outcome = await query(
      {
        type: 'list',
        from: Math.min(...times),
        to: Math.max(...times) + 1,
        where: {
          op: 'in',
          field: { type: 'column', column: 'event_id' },
          values: events.map((event) => event.eventId),
        },
        columns: ['event_id'],
        limit: events.length,
      },
      projectScope(project),
      AbortSignal.any([]),
    )
    if (outcome.ok) {
      const at = (name: string): number => outcome.frame.columns.indexOf(name)
      const [id, partition, offset, index] = ['event_id', 'partition', 'offset', 'index'].map(at)
      return new Map(
        outcome.frame.rows.map((row) => [
          String(row[id ?? 0]),
          {
            partition: Number(row[partition ?? 0]),
            offset: BigInt(Number(row[offset ?? 0])),
            index: Number(row[index ?? 0]),
          },
        ]),
      )
    }
    await pause()
  }
}

async function readContent(log: Pick<Log, 'read'>, at: Position): Promise<KnownEvent | null> {
  for await (const record of log.read(at.partition, at.offset, at.offset + 1n)) {
    const column = decodeBatch(record.payload).columns.get('content_hash')
    const hash = column?.type === 'i64' ? column.data[at.index] : undefined
    if (hash !== undefined) return { contentHash: hash }
  }
  return null
}
