/** The reference pages of docs/reference that are made from what a running hub serves. */

import { NOTE, rows } from './markdown.ts'

interface Parameter {
  readonly name: string
  readonly in: string
  readonly description?: string
  readonly schema?: { readonly enum?: readonly string[]; readonly default?: unknown }
}

interface Operation {
  readonly summary: string
  readonly tags: readonly string[]
  readonly 'x-permission'?: string
  readonly parameters?: readonly Parameter[]
}

/** As much of an OpenAPI document as the page shows. */
export interface OpenApi {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
}

/** Routes by tag; those with query parameters list them. */
export function apiPage(document: OpenApi): string {
  const routes = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      path,
      method: method.toUpperCase(),
      operation,
    })),
  )
  const tags = [...new Set(routes.map(({ operation }) => operation.tags[0] ?? ''))]
  const sections = tags.map((tag) => {
    const own = routes.filter(({ operation }) => operation.tags[0] === tag)
    const table = rows(
      ['route', 'permission', 'what it does'],
      own.map(({ path, method, operation }) => [
        `\`${method} ${path}\``,
        operation['x-permission'] ?? '',
        operation.summary,
      ]),
    )
    const lists = own.flatMap(({ path, method, operation }) => {
      const parameters = (operation.parameters ?? []).filter((each) => each.in === 'query')
      if (parameters.length === 0) return []
      const items = parameters.map((each) => `- \`${each.name}\`: ${describeParameter(each)}`)
      return [`\`${method} ${path}\` takes`, items.join('\n')]
    })
    return [`## ${tag}`, table, ...lists].join('\n\n')
  })
  return [
    NOTE,
    '# Routes',
    'What the hub serves, with the permission each route asks of a key. The whole description, with the schemas of bodies and answers, is served at `/openapi.json`. Parameters that a route does not know are refused.',
    ...sections,
  ].join('\n\n')
}

function describeParameter({ description = '', schema }: Parameter): string {
  const values = schema?.enum?.map((value) => `\`${value}\``).join(', ')
  return [
    description,
    values === undefined ? '' : `One of ${values}.`,
    schema?.default === undefined ? '' : `Default: \`${JSON.stringify(schema.default)}\`.`,
  ]
    .filter((part) => part !== '')
    .join(' ')
}

/** Metrics of the runtime come from the client library, which documents them. */
const RUNTIME = /^llmhub_(nodejs|process)_/

/** The page of a text exposition. */
export function metricsPage(exposition: string): string {
  const types = new Map<string, string>()
  for (const [, name = '', type = ''] of exposition.matchAll(/^# TYPE (\S+) (\S+)$/gm)) {
    types.set(name, type)
  }
  const metrics = [...exposition.matchAll(/^# HELP (\S+) (.+)$/gm)]
    .map(([, name = '', help = '']) => [`\`${name}\``, types.get(name) ?? '', help] as const)
    .filter(([name]) => !RUNTIME.test(name.slice(1)))
    .sort(([a], [b]) => (a < b ? -1 : 1))
  return [
    NOTE,
    '# Metrics',
    'Served at `/metrics` in the Prometheus text format, to keys with `ops:read` and to this machine. Beside these there are `llmhub_process_*` and `llmhub_nodejs_*`: the defaults of prom-client.',
    rows(['metric', 'type', 'what it is'], metrics),
  ].join('\n\n')
}
