/** The example of a route as programs: curl, TypeScript with the client, Python without libraries. */

import type { Route } from '../route.ts'
import type { RouteExample } from './examples.ts'

export interface CodeSample {
  readonly lang: string
  readonly label: string
  readonly source: string
}

type SampledRoute = Pick<Route, 'method' | 'url' | 'permission' | 'body' | 'responses'>

export function codeSamples(route: SampledRoute, example: RouteExample): readonly CodeSample[] {
  return [
    { lang: 'sh', label: 'curl', source: curlSample(route, example) },
    { lang: 'ts', label: 'TypeScript', source: typeScriptSample(route, example) },
    { lang: 'python', label: 'Python', source: pythonSample(route, example) },
  ]
}

/** Media type of the example's body, or null without one. */
function bodyType({ body }: SampledRoute, example: RouteExample): string | null {
  if (example.body === undefined || body === undefined) return null
  if (body.type === 'json') return 'application/json'
  const media = Object.keys(body.content)
  return typeof example.body === 'string' ? (media[0] ?? 'text/plain') : 'application/json'
}

function isText({ responses }: SampledRoute): boolean {
  const media = Object.values(responses).flatMap(({ content }) => Object.keys(content))
  return !media.some((name) => /[/+]json$/.test(name))
}

function queryString({ query }: RouteExample): string {
  return query === undefined ? '' : `?${new URLSearchParams(query).toString()}`
}

/** The path with its parameters filled in; a variable of the environment as `variable` writes it. */
function filledPath(
  { url }: SampledRoute,
  { params = {} }: RouteExample,
  variable: (name: string) => string,
): string {
  return url.replace(/:([a-zA-Z]+)/g, (_, name: string) => {
    const value = params[name] ?? ''
    return value.startsWith('$') ? variable(value.slice(1)) : encodeURIComponent(value)
  })
}

function curlSample(route: SampledRoute, example: RouteExample): string {
  const path = filledPath(route, example, (name) => `$${name}`)
  const type = bodyType(route, example)
  const implied = type === null ? 'GET' : 'POST'
  const method = route.method === implied ? '' : `-X ${route.method} `
  const lines = [`curl ${method}"$LLMHUB_URL${path}${queryString(example)}"`]
  if (route.permission !== 'public') lines.push('-H "Authorization: Bearer $LLMHUB_KEY"')
  if (type !== null) {
    const { body } = example
    const text = typeof body === 'string' ? body : JSON.stringify(body, null, 2)
    const flag = typeof body === 'string' ? '--data-binary' : '-d'
    lines.push(`-H "Content-Type: ${type}"`, `${flag} '${text.replaceAll("'", `'\\''`)}'`)
  }
  return lines.join(' \\\n  ')
}

function typeScriptSample(route: SampledRoute, example: RouteExample): string {
  const { params, query, body } = example
  const type = bodyType(route, example)
  const options = {
    ...(params === undefined ? {} : { params }),
    ...(query === undefined ? {} : { query }),
    ...(type === null ? {} : { body }),
    ...(typeof body === 'string' && type !== null ? { type } : {}),
  }
  const path = route.url.replace(/:([a-zA-Z]+)/g, '{$1}')
  const more = Object.keys(options).length === 0 ? '' : `, ${literal(options, '')}`
  const shown = isText(route) ? 'answer.data' : 'JSON.stringify(answer.data, null, 2)'
  return `import { createClient } from '@llmhub/client'

const hub = createClient({ url: process.env.LLMHUB_URL!, key: process.env.LLMHUB_KEY })
const answer = await hub.request('${route.method} ${path}'${more})
if (!answer.ok) throw new Error(answer.problem.detail)
console.log(${shown})`
}

const WIDTH = 72

/** A value as TypeScript: on one line where it fits. */
function literal(value: unknown, indent: string): string {
  if (typeof value === 'string') {
    if (/^\$[A-Z_]+$/.test(value)) return `process.env.${value.slice(1)}!`
    return `'${value.replaceAll('\\', '\\\\').replaceAll("'", "\\'").replaceAll('\n', '\\n')}'`
  }
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const deeper = `${indent}  `
  const isList = Array.isArray(value)
  const parts = isList
    ? value.map((each: unknown) => literal(each, deeper))
    : Object.entries(value).map(([name, each]) => {
        const key = /^[A-Za-z_$][\w$]*$/.test(name) ? name : `'${name}'`
        return `${key}: ${literal(each, deeper)}`
      })
  const [open, close, gap] = isList ? ['[', ']', ''] : ['{', '}', ' ']
  if (parts.length === 0) return open + close
  const line = `${open}${gap}${parts.join(', ')}${gap}${close}`
  if (!line.includes('\n') && indent.length + line.length <= WIDTH) return line
  return `${open}\n${parts.map((part) => `${deeper}${part},\n`).join('')}${indent}${close}`
}

function pythonSample(route: SampledRoute, example: RouteExample): string {
  const path = filledPath(route, example, (name) => `" + os.environ["${name}"] + "`)
  const url = `os.environ["LLMHUB_URL"] + "${path}${queryString(example)}"`.replace(/ \+ ""$/, '')
  const type = bodyType(route, example)
  const { body } = example
  const headers = [
    ...(route.permission === 'public'
      ? []
      : ['"Authorization": "Bearer " + os.environ["LLMHUB_KEY"]']),
    ...(type === null ? [] : [`"Content-Type": "${type}"`]),
  ]
  const modules = isText(route) && type !== 'application/json' ? 'os' : 'json, os'
  const encoded =
    typeof body === 'string'
      ? `${JSON.stringify(body)}.encode()`
      : `json.dumps(${pythonLiteral(body, '    ')}).encode()`
  const named = [
    ...(route.method === (type === null ? 'GET' : 'POST') ? [] : [`method="${route.method}"`]),
    ...(headers.length === 0 ? [] : [`headers={${headers.join(', ')}}`]),
    ...(type === null ? [] : [`data=${encoded}`]),
  ]
  const shown = isText(route)
    ? 'response.read().decode()'
    : 'json.dumps(json.load(response), indent=2)'
  return `import ${modules}, urllib.request

request = urllib.request.Request(
${[url, ...named].map((line) => `    ${line},\n`).join('')})
with urllib.request.urlopen(request) as response:
    print(${shown})`
}

/** A JSON value as Python. */
function pythonLiteral(value: unknown, indent: string): string {
  if (value === null) return 'None'
  if (typeof value === 'boolean') return value ? 'True' : 'False'
  if (typeof value !== 'object') return JSON.stringify(value)
  const deeper = `${indent}    `
  const isList = Array.isArray(value)
  const parts = isList
    ? value.map((each: unknown) => pythonLiteral(each, deeper))
    : Object.entries(value).map(
        ([name, each]) => `${JSON.stringify(name)}: ${pythonLiteral(each, deeper)}`,
      )
  const [open, close] = isList ? ['[', ']'] : ['{', '}']
  const line = `${open}${parts.join(', ')}${close}`
  if (!line.includes('\n') && indent.length + line.length <= WIDTH) return line
  return `${open}\n${parts.map((part) => `${deeper}${part},\n`).join('')}${indent}${close}`
}
