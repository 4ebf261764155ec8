import type { EventErrorCode } from '@llmhub/schema'

/**
 * What ingest counts. For every project `received = accepted + duplicate + rejected` at any moment: an
 * event is counted when its request is answered, in all of them at once.
 */
export interface ProjectCounts {
  received: number
  accepted: number
  duplicate: number
  rejected: number
}

export interface IngestStats {
  /** Sums over all projects since the start. */
  readonly total: Readonly<ProjectCounts>
  readonly projects: ReadonlyMap<string, Readonly<ProjectCounts>>
  readonly rejectedByCode: ReadonlyMap<EventErrorCode, number>
  /** Rejected events beyond what is kept in full. */
  readonly lettersNotKept: number
  /** Requests refused, by code. */
  readonly refused: ReadonlyMap<string, number>
  readonly suppressed: number
  readonly unpriced: number
  readonly droppedContent: number
  readonly aliasConflicts: number
  readonly groups: number
  /** Rows and dead letters not yet in the log. */
  readonly pendingRows: number
  readonly ids: IndexStats
  readonly calls: IndexStats
}

export interface IndexStats {
  readonly keys: number
  /** Keys received before this are not remembered; epoch seconds, 0 when all are. */
  readonly horizonStart: number
  readonly bytes: number
  readonly runs: number
  /** Runs given up because they could not be read. */
  readonly damagedRuns: number
  /** Failed attempts to write runs; each is tried again. */
  readonly errors: number
}

export class Counters {
  readonly total: ProjectCounts = { received: 0, accepted: 0, duplicate: 0, rejected: 0 }
  readonly projects = new Map<string, ProjectCounts>()
  readonly rejectedByCode = new Map<EventErrorCode, number>()
  readonly refused = new Map<string, number>()
  lettersNotKept = 0
  suppressed = 0
  unpriced = 0
  droppedContent = 0
  aliasConflicts = 0
  groups = 0

  answered(project: string, accepted: number, duplicate: number, rejected: number): void {
    let counts = this.projects.get(project)
    if (counts === undefined) {
      counts = { received: 0, accepted: 0, duplicate: 0, rejected: 0 }
      this.projects.set(project, counts)
    }
    for (const sum of [counts, this.total]) {
      sum.received += accepted + duplicate + rejected
      sum.accepted += accepted
      sum.duplicate += duplicate
      sum.rejected += rejected
    }
  }

  rejected(code: EventErrorCode): void {
    this.rejectedByCode.set(code, (this.rejectedByCode.get(code) ?? 0) + 1)
  }

  refuse(code: string): void {
    this.refused.set(code, (this.refused.get(code) ?? 0) + 1)
  }
}
