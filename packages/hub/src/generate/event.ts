import type { Common, KindName } from '@llmhub/schema'

/**
 * A made-up event as it crosses the wire. Its payload is held to the table of kinds by a test, not by its
 * type, because those who read it ask for fields whatever the kind.
 */
export interface MadeEvent {
  readonly common: Common & { readonly timestamp: number }
  readonly payload: Draft
}

export interface Draft {
  readonly type: KindName
  readonly [field: string]: unknown
}

/** What makers of events get to hand one over; `time` in epoch milliseconds. */
export type Emit = (time: number, payload: Draft, common: Omit<Common, 'timestamp'>) => void
