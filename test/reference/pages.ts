/** The reference pages of docs/reference, made from the tables in the code. */
import {
  COMMON_FIELDS,
  CONTENT_FIELDS,
  ERRORS,
  EVENT_COLUMNS,
  FAMILIES,
  type FieldSpec,
  KINDS,
  type KindSpec,
} from '@llmhub/schema'
import { PROBLEM_ENTRIES, problemMarkdown } from '../../packages/hub/src/api/pages/problem-pages.ts'
import { envName, OPTIONS, type OptionSpec } from '../../packages/hub/src/config/options.ts'
import { SQL_FUNCTIONS, SQL_TABLE_FUNCTIONS } from '../../packages/hub/src/store/sql-functions.ts'
import { FORM_TYPES, SQL_SCHEMA, SQL_VIEWS } from '../../packages/hub/src/store/sql-views.ts'
import { cliPage } from './cli-page.ts'
import { NOTE, rows } from './markdown.ts'

function typeOf(spec: FieldSpec): string {
  if (spec.type === 'enum') return (spec.values ?? []).map((value) => `\`${value}\``).join(' ')
  const bounds = [
    spec.min === undefined ? '' : `≥ ${spec.min}`,
    spec.max === undefined ? '' : `≤ ${spec.max}`,
  ]
  return [spec.type, ...bounds, spec.unit ?? ''].filter((part) => part !== '').join(', ')
}

function fieldRows(fields: readonly FieldSpec[]): string {
  return rows(
    ['field', 'type', 'column', 'meaning'],
    fields.map((spec) => [
      `\`${spec.name}\`${spec.required === true ? ' **required**' : ''}`,
      typeOf(spec),
      spec.column === undefined ? '' : `\`${spec.column}\``,
      `${spec.doc}${spec.aliases === undefined ? '' : ` Also: ${spec.aliases.map((name) => `\`${name}\``).join(', ')}.`}`,
    ]),
  )
}

function eventsPage(): string {
  const kindsOf = (family: string): readonly KindSpec[] =>
    KINDS.filter((kind) => kind.family === family)
  const families = FAMILIES.map((family) =>
    [
      `## ${family}`,
      ...kindsOf(family).map(
        (kind) => `### ${kind.kind}\n\n${kind.doc}\n\n${fieldRows(kind.fields)}`,
      ),
    ].join('\n\n'),
  )
  return [
    NOTE,
    '# Events',
    'An event is a JSON object with `common` and `payload`; `payload.type` names its kind. The same rules as JSON Schema are served at `/schemas/event.json`.',
    `Fields without a column, and fields that are not listed, are kept as JSON in \`extra\`. Content fields (${CONTENT_FIELDS.map((name) => `\`${name}\``).join(', ')}) are dropped and counted unless \`ingest.keep_content\` is on. Where a field has other names, the listed name wins; a contradicting one is kept in \`extra\`.`,
    `## common\n\n${fieldRows(COMMON_FIELDS)}`,
    ...families,
    `## Columns\n\n${rows(
      ['column', 'type', 'meaning'],
      EVENT_COLUMNS.map((spec) => [
        `\`${spec.name}\``,
        'unit' in spec ? `${spec.type}, ${spec.unit}` : spec.type,
        spec.doc,
      ]),
    )}`,
  ].join('\n\n')
}

function errorsPage(): string {
  const table = (scope: string): string =>
    rows(
      ['code', 'status', 'what is wrong', 'what to do'],
      ERRORS.filter((spec) => spec.scope === scope).map((spec) => [
        `[\`${spec.code}\`](#${spec.code})`,
        String(spec.status),
        spec.title,
        spec.hint,
      ]),
    )
  return [
    NOTE,
    '# Errors',
    'HTTP errors are RFC 9457 problem documents (`application/problem+json`); `code` is one of these and never changes its meaning.',
    '## Events',
    'One event of a request was rejected; the others were taken in. The rejected event is kept as a dead letter. The status applies when every event of the request was rejected.',
    table('event'),
    '## Requests',
    table('request'),
    '## Causes and examples',
    'A hub serves each of these at the address that `type` of a problem names.',
    ...PROBLEM_ENTRIES.map((entry) =>
      [
        `### ${entry.code}`,
        ...problemMarkdown(entry)
          .split('\n\n')
          .slice(2, -1)
          .map((part) => part.replace(/^## (.+)$/, '**$1**')),
      ].join('\n\n'),
    ),
  ].join('\n\n')
}

function configurationPage(): string {
  const shown = (spec: OptionSpec): string =>
    spec.default === null ? '' : `\`${String(spec.default)}\``
  return [
    NOTE,
    '# Configuration',
    'Defaults < file (`llmhub.json`, or `--config FILE`, or `LLMHUB_CONFIG`) < environment < `--set option=value`. In the file, dots are nesting: `{"ingest": {"max_tags": 32}}`. Every variable also exists with `_FILE` at its end and then names a file that holds the value. An unknown option is an error. `llmhub config show --origin` tells where each value comes from.',
    rows(
      ['option', 'variable', 'default', 'unit', 'meaning'],
      OPTIONS.map((spec: OptionSpec) => [
        `\`${spec.path}\``,
        `\`${envName(spec)}\``,
        shown(spec),
        spec.unit ?? '',
        spec.doc,
      ]),
    ),
  ].join('\n\n')
}

function sqlPage(): string {
  const names = (all: Iterable<string>): string =>
    [...all]
      .filter((name) => /^\w+$/.test(name))
      .toSorted()
      .map((name) => `\`${name}\``)
      .join(' ')
  return [
    NOTE,
    '# SQL',
    `What \`llmhub sql\` and \`POST /api/v1/sql\` may name: the views of the schema \`${SQL_SCHEMA}\` (which may be left out), and the functions below. Times are in UTC, money is exact dollars. See the [guide](../guide/sql.md).`,
    ...SQL_VIEWS.map(
      ({ name, doc, columns }) =>
        `## ${SQL_SCHEMA}.${name}\n\n${doc}\n\n${rows(
          ['column', 'type', 'unit', 'meaning'],
          columns.map((column) => [
            `\`${column.name}\``,
            `\`${FORM_TYPES[column.form]}\``,
            column.unit ?? '',
            column.doc,
          ]),
        )}`,
    ),
    '## Functions',
    'Scalar functions, aggregates and window functions, as [DuckDB](https://duckdb.org/docs/stable/sql/functions/overview) has them:',
    names(SQL_FUNCTIONS),
    `In FROM: ${names(SQL_TABLE_FUNCTIONS)}.`,
  ].join('\n\n')
}

/** File name below docs/reference → content. */
export const PAGES: Readonly<Record<string, () => string>> = {
  'events.md': eventsPage,
  'errors.md': errorsPage,
  'configuration.md': configurationPage,
  'sql.md': sqlPage,
  'cli.md': cliPage,
}
