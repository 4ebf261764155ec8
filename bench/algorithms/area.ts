/** A line of the table: a goal, what others reached, what we reached. */
export interface Row {
  readonly goal: string
  /** Published figures; empty where there is none. */
  readonly anchor: string
  readonly ours: string
  /** Null where nothing is to be passed. */
  readonly passed: boolean | null
  readonly seconds: number
}

export type Report = (row: Row) => void

export interface Measuring {
  /** The folder of the data. */
  readonly data: string
  /** Every so manieth series. */
  readonly share: number
  readonly report: Report
}

/** What is measured of one field, by the name that `--only` takes. */
export type Area = Readonly<Record<string, (measuring: Measuring) => void | Promise<void>>>
