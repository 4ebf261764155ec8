import { MigrationError } from '../../core/migrations.ts'
import { isNewerFormat } from '../../core/newer-format.ts'
import { newer, type Refused } from '../../core/refused.ts'
import type { Control } from '../control.ts'
import { openSqliteControl } from './sqlite-control.ts'

/** Opens the control store; one of a newer release, or that is none, is said and left as it is. */
export function openControl(
  file: string,
  writer: string,
): { readonly ok: true; readonly control: Control } | Refused {
  try {
    return { ok: true, control: openSqliteControl({ file, writer }) }
  } catch (error) {
    if (isNewerFormat(error)) return newer(error.message)
    if (error instanceof MigrationError) {
      return { ok: false, reason: 'storage', message: error.message }
    }
    if (!(error instanceof Error && 'errcode' in error)) throw error
    return { ok: false, reason: 'storage', message: `${file} cannot be opened: ${error.message}` }
  }
}
