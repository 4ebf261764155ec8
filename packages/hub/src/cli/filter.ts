import { CliError, EXIT } from './exit-codes.ts'

/** `field=value`, `field!=value`, `field>=value`, … as a filter of the question language. */
export function filterOf(text: string): { field: string; op: string; value: string | number } {
  const found = /^([\w.]+)(!=|>=|<=|=|>|<|~)(.*)$/s.exec(text)
  if (found === null) {
    throw new CliError(
      `--where ${text}: expected field=value, with one of = != > >= < <= ~`,
      EXIT.usage,
    )
  }
  const [, field = '', sign = '', raw = ''] = found
  const ops: Record<string, string> = {
    '=': 'eq',
    '!=': 'ne',
    '>': 'gt',
    '>=': 'gte',
    '<': 'lt',
    '<=': 'lte',
    '~': 'contains',
  }
  const isNumber =
    ['>', '>=', '<', '<='].includes(sign) && raw !== '' && Number.isFinite(Number(raw))
  return { field, op: ops[sign] ?? 'eq', value: isNumber ? Number(raw) : raw }
}
