import type { ByteReader, ByteWriter } from '../bytes.ts'
import type { Key, KeyDictionary } from '../state/key-dictionary.ts'
import type { KeyedRows, Slots, Values } from './slots.ts'
import type { ResolvedWindowing } from './window-spec.ts'

/** Which of the results of a window this is. */
export interface Pane {
  /** From 0. */
  readonly index: number
  /** Counts the panes that are not early, from 0; −1 for those. */
  readonly onTimeIndex: number
  /** `early` before the watermark reached the end, `on_time` the first after, `late` those after that. */
  readonly timing: 'early' | 'on_time' | 'late'
  readonly first: boolean
  /** Nothing comes after it: the trigger has finished or the window is forgotten. */
  readonly last: boolean
}

export interface WindowResult {
  readonly key: Key
  readonly window: { readonly start: number; readonly end: number }
  /** Stamp: when it counts as having happened, for later stages. */
  readonly time: number
  readonly pane: Pane
  /** Withdraws the earlier result with the same key, window and pane index. */
  readonly retraction: boolean
  readonly values: Values
}

/** Why an event is in no window: each was past its lateness, or its trigger had finished. */
export type LateReason = 'late' | 'closed'

/** What a core has from its operator. */
export interface CoreContext {
  readonly windowing: ResolvedWindowing
  readonly slots: Slots
  readonly keys: KeyDictionary
  emit(result: Omit<WindowResult, 'key'>, key: number): void
  late(rows: KeyedRows, row: number, reason: LateReason): void
  /** A row that the windows leave out: between windows that slide by more than their size. */
  outside(): void
}

/**
 * The windows of one operator. Times come in order: the operator lets neither the watermark nor the clock
 * go back. Every method leaves nothing pending.
 */
export interface WindowCore {
  add(rows: KeyedRows): void
  /** Infinite at the end of input. */
  watermark(watermark: number): void
  clock(clock: number): void
  /** Earliest stamp that a window holds for its next pane; absent where stamps are ends. */
  hold?(): number
  /** Windows of keys that have state. */
  readonly open: number
  /** Writes all state; key ids as they are. */
  write(out: ByteWriter): void
  /**
   * Adds the state of a snapshot. `idOf` maps a key id of the snapshot to one of this operator, or to -1
   * for keys that belong elsewhere.
   */
  read(from: ByteReader, idOf: (id: number) => number): void
  bytes(): number
}
