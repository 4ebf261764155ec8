import { formatIsoMicros } from '@llmhub/schema'
import { dollars } from '../core/dollars.ts'
import type { TableCell, TableType } from '../core/table.ts'

/**
 * A cell as formats without types of their own show it, which is how answers do: money as a decimal
 * string of dollars, times as ISO 8601 in UTC, integers beyond the safe ones as their digits.
 */
export function plainCell(cell: TableCell, type: TableType): string | number | boolean | null {
  if (cell === null) return null
  if (type === 'money') return dollars(BigInt(cell))
  if (type === 'time') return formatIsoMicros(Number(cell))
  if (typeof cell !== 'bigint') return cell
  const number = Number(cell)
  return Number.isSafeInteger(number) ? number : cell.toString()
}
