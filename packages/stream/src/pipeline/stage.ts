import type { SourceWatermarkOptions } from '../watermark/source-watermarks.ts'
import type { Node, Outlet } from './node.ts'

/** Where events come from: how their times are read, and what is known of their order. */
export interface StreamOptions extends SourceWatermarkOptions {
  /** Distinguishes the sources of a pipeline. Default `events`. */
  readonly name?: string
  /** Column of the event time. Default `time`. */
  readonly time?: string
}

/** One stage as it was described; nodes are made of it when the pipeline is. */
export interface Stage {
  readonly name: string
  /** The streams that it takes; none for a source. */
  readonly from: readonly Stage[]
  readonly source?: StreamOptions
  /** Throws a StreamError when something is wrong with it. */
  node?(out: Outlet): Node
}
