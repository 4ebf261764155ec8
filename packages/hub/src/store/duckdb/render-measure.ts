import { WEIGHT_LIMIT, WEIGHT_SCALE } from '../fixed-point.ts'
import { quote, storedColumn } from './render-sql.ts'

/** The value of the row `e` in whole units of `scale`. */
export function unitsSql(column: string, scale: number, limit: number): string {
  const x = `e.${quote(storedColumn(column).name)}`
  const cap = BigInt(limit) * BigInt(scale)
  // The test costs nothing measurable; without it a single absurd value would fail every question.
  return `CASE WHEN ${x} BETWEEN ${-limit} AND ${limit} THEN CAST(${x} * ${scale} AS BIGINT) WHEN ${x} > 0 THEN ${cap} WHEN ${x} < 0 THEN ${-cap} END`
}

/** The row's weight in millionths. */
export const WEIGHT_UNITS = unitsSql('weight', WEIGHT_SCALE, WEIGHT_LIMIT)
