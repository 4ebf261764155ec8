/** The reference pages of docs/reference that are made from what a running hub serves. */

import { NOTE, rows } from './markdown.ts'
import type { OpenApi, Operation, Parameter } from './openapi.ts'

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
    const examples = own.flatMap(({ path, method, operation }) =>
      exampleOf(`${method} ${path}`, operation),
    )
    return [`## ${tag}`, table, ...lists, ...examples].join('\n\n')
  })
  return [
    NOTE,
    '# Routes',
    'What the hub serves, with the permission each route asks of a key. The whole description, with the schemas of bodies and answers, is [openapi.json](openapi.json); a hub serves it at `/openapi.json`, and as pages with search at `/docs`. The examples are programs: `LLMHUB_URL` and `LLMHUB_KEY` say where the hub is and with which key; tests carry them out, and the answers are real ones, long lists cut. Parameters that a route does not know are refused.',
    ...sections,
  ].join('\n\n')
}

const LONGEST_ANSWER = 40

/** The example of an operation in each language, and what a hub answered. */
function exampleOf(name: string, operation: Operation): readonly string[] {
  const [shell, ...others] = operation['x-codeSamples'] ?? []
  if (shell === undefined) return []
  const answer = Object.entries(operation.responses)
    .filter(([status]) => status.startsWith('2'))
    .flatMap(([, { content = {} }]) => Object.values(content))
    .find(({ example }) => example !== undefined)?.example
  return [
    `### ${name}`,
    operation.summary.endsWith('.') ? operation.summary : `${operation.summary}.`,
    fenced(shell.lang, shell.source),
    ...others.map(({ label, lang, source }) =>
      [`<details><summary>${label}</summary>`, fenced(lang, source), '</details>'].join('\n\n'),
    ),
    ...(answer === undefined ? [] : [fenced('json', shortened(JSON.stringify(answer, null, 2)))]),
  ]
}

function fenced(lang: string, text: string): string {
  return `\`\`\`${lang}\n${text}\n\`\`\``
}

function shortened(text: string): string {
  const lines = text.split('\n')
  if (lines.length <= LONGEST_ANSWER) return text
  return [...lines.slice(0, LONGEST_ANSWER), '…'].join('\n')
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
