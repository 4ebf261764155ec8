import { envName, OPTIONS, type OptionSpec } from '../../config/options.ts'
import {
  type CliContext,
  format,
  type GlobalOptions,
  printJson,
  resolvedConfig,
} from '../context.ts'
import { printable } from '../output.ts'
import { printTable } from '../table.ts'

/** `llmhub config show [--origin]`: every option with its value; secrets are never shown. */
export function configShow(
  options: GlobalOptions & { origin?: boolean },
  context: CliContext,
): void {
  const { config, origins } = resolvedConfig(options)
  const values = config as Readonly<Record<string, unknown>>
  const entries = OPTIONS.map((spec: OptionSpec) => ({
    option: spec.path,
    value:
      spec.type === 'secret' && values[spec.path] !== null
        ? '••••••••'
        : (values[spec.path] ?? null),
    unit: spec.unit ?? null,
    origin: origins[spec.path],
    variable: envName(spec),
  }))
  if (format(options, context) === 'json') {
    printJson(
      context,
      options.origin === true
        ? entries
        : Object.fromEntries(entries.map((e) => [e.option, e.value])),
    )
    return
  }
  const head =
    options.origin === true
      ? ['OPTION', 'VALUE', 'UNIT', 'FROM', 'VARIABLE']
      : ['OPTION', 'VALUE', 'UNIT']
  const rows = entries.map((e) => {
    const shown = [e.option, printable(e.value), e.unit ?? '']
    return options.origin === true ? [...shown, e.origin ?? '', e.variable] : shown
  })
  printTable(context.terminal, head, rows)
}

/** `llmhub config validate`: exit 0, or 78 with every problem. */
export function configValidate(options: GlobalOptions, context: CliContext): void {
  resolvedConfig(options)
  context.terminal.err('The configuration is valid.\n')
}
