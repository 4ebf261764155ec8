import { type FileHandle, open } from 'node:fs/promises'
import type { Row } from './map-row.ts'

/** A row that did not become an event of the hub. */
export interface RowError {
  readonly file: string
  /** From 1. */
  readonly row: number
  /** Error code of the hub; `not_mapped` where no event could be made, `not_a_row` where there is no row. */
  readonly code: string
  /** JSON pointer into the event, or the part of the mapping. */
  readonly path: string
  readonly message: string
  readonly data: Row | null
}

/** A file with one JSON object per row that was not taken in. */
export class ErrorReport {
  readonly #handle: FileHandle
  #lines = 0

  private constructor(handle: FileHandle) {
    this.#handle = handle
  }

  /** Goes on in a file that is there: an import that resumes reports only the rows that it reads itself. */
  static async open(path: string): Promise<ErrorReport> {
    return new ErrorReport(await open(path, 'a'))
  }

  get lines(): number {
    return this.#lines
  }

  async add(errors: readonly RowError[]): Promise<void> {
    if (errors.length === 0) return
    this.#lines += errors.length
    await this.#handle.appendFile(errors.map((error) => `${JSON.stringify(error)}\n`).join(''))
  }

  close(): Promise<void> {
    return this.#handle.close()
  }
}
