import type { ReportSpec } from '../core/report.ts'
import type { Table } from '../core/table.ts'
import { encodeWhole, FORMATS } from '../formats/formats.ts'
import { reportTables } from '../query/reports/report-tables.ts'
import type { Problem } from './problems.ts'
import { problem } from './problems.ts'
import type { QueryParameter, Reply } from './route.ts'

/** What a report can be had as beside JSON: `csv` holds one of its tables, `xlsx` all of them. */
const OFFERED = [FORMATS.csv, FORMATS.xlsx] as const

export const FILE_PARAMETERS: readonly QueryParameter[] = [
  {
    name: 'format',
    doc: 'Form of the report; csv holds one of its tables, xlsx a sheet for each and one about them.',
    values: ['json', ...OFFERED.map(({ name }) => name)],
    default: 'json',
  },
  { name: 'table', doc: 'With csv: which table. Default: the first list.', example: 'series' },
]

/** Media types of a report's files, for its documentation. */
export const FILE_CONTENT = Object.fromEntries(
  OFFERED.map(({ mediaType }) => [mediaType.split(';')[0] ?? '', { type: 'string' }]),
)

export type FileChoice =
  | { readonly format: (typeof OFFERED)[number]; readonly table: string | undefined }
  | { readonly format: null }
  | Problem

/** What the request asks for; null is JSON. */
export function chooseFile(format: string | undefined, table: string | undefined): FileChoice {
  const found = OFFERED.find(({ name }) => name === format)
  if (format !== undefined && format !== 'json' && found === undefined) {
    const message = `must be one of json, ${OFFERED.map(({ name }) => name).join(', ')}`
    return problem('invalid_request', `format ${message}`, {
      errors: [{ path: 'format', message }],
    })
  }
  if (table !== undefined && found?.name !== 'csv') {
    const message = 'goes with format=csv alone'
    return problem('invalid_request', `table ${message}`, { errors: [{ path: 'table', message }] })
  }
  return found === undefined ? { format: null } : { format: found, table }
}

/** A report, as the JSON of its body, in another format. */
export async function reportFile(
  report: ReportSpec,
  body: string | Uint8Array,
  choice: Extract<FileChoice, { table: unknown }>,
): Promise<Reply | Problem> {
  const { format, table } = choice
  const parsed = JSON.parse(Buffer.from(body).toString()) as Readonly<Record<string, unknown>>
  const { tables, about } = reportTables(parsed, report.response, report.path.slice(1))
  const names = tables.map(({ name }) => name)
  const isList = ({ name }: Table): boolean => Array.isArray(parsed[name])
  const chosen =
    table === undefined
      ? (tables.find(isList) ?? tables[0])
      : tables.find(({ name }) => name === table)
  if (chosen === undefined) {
    const message = `is no table of this report: it has ${names.join(', ')}`
    return problem('invalid_request', `table ${message}`, { errors: [{ path: 'table', message }] })
  }
  const [first = chosen, ...others] = format.name === 'csv' ? [chosen] : tables
  const name = report.path.slice(1).replaceAll('/', '-')
  return {
    status: 200,
    mediaType: format.mediaType,
    headers: { 'content-disposition': `attachment; filename="${name}.${format.extension}"` },
    body: await encodeWhole(format, [first, ...others], about),
  }
}
