/**
 * The file operations of the index on disk; tests put faults behind them. Every error is thrown. A name is that of a
 * file in the index's own folder.
 */
export interface RunFiles {
  list(): Promise<string[]>
  /** The whole file, or null when there is none. */
  read(name: string): Promise<Uint8Array | null>
  /** Replaces the file as a whole: durable when it answers, the old one after a crash before that. */
  replace(name: string, bytes: Uint8Array): Promise<void>
  /** Starts a new file, replacing one of the same name. */
  create(name: string): Promise<RunSink>
  open(name: string): Promise<RunSource>
  remove(name: string): Promise<void>
}

export interface RunSink {
  write(bytes: Uint8Array): Promise<void>
  /** Makes the file durable and closes it. */
  finish(): Promise<void>
  /** Closes it after an error. Never throws. */
  abandon(): Promise<void>
}

export interface RunSource {
  readonly size: number
  /** Reads exactly `target.length` bytes. Blocks: a page that the system has cached takes microseconds. */
  readNow(position: number, target: Uint8Array): void
  read(position: number, target: Uint8Array): Promise<void>
  close(): void
}
