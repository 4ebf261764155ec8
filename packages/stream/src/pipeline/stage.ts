import { checkColumns, checkName, checkNames, checkOptions } from '../check-options.ts'
import {
  SOURCE_MEMBERS,
  type SourceWatermarkOptions,
  SourceWatermarks,
} from '../watermark/source-watermarks.ts'
import type { Node, Outlet } from './node.ts'

/** Where events come from: how their times are read, and what is known of their order. */
export interface StreamOptions extends SourceWatermarkOptions {
  /** Distinguishes the sources of a pipeline. Default `events`. */
  readonly name?: string
  /** Column of the event time. Default `time`. */
  readonly time?: string
  /**
   * All columns that events may have. Then a stage that names another one is refused when it is described. Default: they
   * are not known, and what no event has had is among the `warnings` of the statistics.
   */
  readonly columns?: readonly string[]
}

const MEMBERS: readonly string[] = [
  ...SOURCE_MEMBERS,
  ...(['name', 'time', 'columns'] as const satisfies readonly (keyof StreamOptions)[]),
]

/** Throws a StreamError that names the option that is wrong, missing or not known. */
export function checkSource(options: StreamOptions): void {
  checkOptions(options, 'stream', MEMBERS)
  const { name = 'events', time = 'time', columns = null, watermark } = options
  checkName(name, 'name')
  checkName(time, 'time')
  if (columns !== null) checkNames(columns, 'columns')
  checkColumns([time], columns, 'time')
  sourceWatermarks(options)
  if (watermark.type === 'punctuated') checkColumns([watermark.column], columns, 'watermark.column')
}

export function sourceWatermarks(options: StreamOptions): SourceWatermarks {
  const { name: _name, time: _time, columns: _columns, ...own } = options
  return new SourceWatermarks(own)
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
