import { createHash, randomBytes } from 'node:crypto'
import type { Control } from '../control/control.ts'

/** Secret of the control store: what event ids are hashed with. It stays with a hub for ever. */
export const HASH_KEY = 'id_hash_key'
/** Secret of the control store: names the history of the log. A restored folder gets a new one. */
const LINEAGE = 'log_lineage'

export interface History {
  /** Names the hub without telling its key; null when it has never been started. */
  readonly hub: string | null
  readonly lineage: string
}

/**
 * Of which hub and which history a folder's log is. Two logs of one history agree on every offset that
 * both have; after a restore the offsets behind its point are given to other records.
 */
export function historyOf(control: Pick<Control, 'secret' | 'putSecret'>): History {
  const key = control.secret(HASH_KEY)
  const lineage = control.secret(LINEAGE)
  return {
    hub: key === null ? null : createHash('sha256').update('hub').update(key).digest('hex'),
    lineage: lineage === null ? beginHistory(control) : Buffer.from(lineage).toString('hex'),
  }
}

/** Answers the name of the new history. */
export function beginHistory(control: Pick<Control, 'putSecret'>): string {
  const lineage = randomBytes(16)
  control.putSecret(LINEAGE, lineage)
  return lineage.toString('hex')
}
