/** What an agent has to know of the hub, in the form of llmstxt.org: made from routes and guide. */

import { openApiPath } from '../openapi/document.ts'
import type { Route } from '../route.ts'

export interface GuidePage {
  readonly name: string
  readonly title: string
  readonly summary: string
  readonly text: string
}

const ABOUT = `# LLM Analytics Hub

> One process that takes in what LLM applications emit (calls, spans, scores, costs, security and governance events), stores it durably, and answers questions about cost, latency, errors and tokens.

Every request under /api/v1 needs \`Authorization: Bearer KEY\`, except those marked public. Bodies and answers are JSON. Money is decimal text in US dollars, times are ISO 8601 in UTC, durations are milliseconds; null means unknown, never 0. Lists answer \`next\`, which is the \`cursor\` of the next page. Errors are problem documents: \`code\` says what is wrong, \`hint\` what to do, \`type\` is the path of a page about it. Unknown parameters are refused. Measures and dimensions that questions may name are listed by GET /api/v1/semantic. GET /api/v1/live is a stream of server-sent events without an end: \`for=0\` ends it after the snapshot.`

const EXAMPLE = `## First steps

\`\`\`
POST /api/v1/events    {"common":{"event_id":"e-1","timestamp":"2026-11-21T10:00:00Z"},"payload":{"type":"llm_request","provider":"openai","model_id":"gpt-4o","usage":{"input_tokens":1000,"output_tokens":200},"latency_ms":850}}
GET  /api/v1/events?limit=10&where=status:error
POST /api/v1/query     {"kind":"table","measures":["cost.total","requests.count"],"by":["model"],"from":"now-7d"}
\`\`\``

/** Pages and documents that need no key and no id: what the index links to. */
function documentsOf(routes: readonly Route[]): string {
  const listed = routes.filter(
    ({ method, permission, responses, url, tags }) =>
      method === 'GET' &&
      // Not what only leads elsewhere.
      responses[200] !== undefined &&
      permission === 'public' &&
      !url.includes(':') &&
      tags.includes('documents') &&
      !url.startsWith('/llms'),
  )
  return listed.map(({ url, summary }) => `- [${url}](${url}): ${summary}`).join('\n')
}

function routeLine({ method, url, permission, summary }: Route): string {
  const needs =
    permission === 'public'
      ? 'public'
      : typeof permission === 'string'
        ? permission
        : permission.permission
  return `- \`${method} ${openApiPath(url)}\` (${needs}): ${summary}`
}

/** `/llms.txt`: short, with links. */
export function llmsText(routes: readonly Route[], guide: readonly GuidePage[]): string {
  return [
    ABOUT,
    EXAMPLE,
    `## Documents\n\n${documentsOf(routes)}\n- [/llms-full.txt](/llms-full.txt): this page, parameters and the whole guide`,
    ...(guide.length === 0
      ? []
      : [
          `## Guide\n\n${guide.map(({ name, title, summary }) => `- [${title}](/docs/guide/${name}.md): ${summary}`).join('\n')}`,
        ]),
    `## Routes\n\n${routes.map(routeLine).join('\n')}`,
  ].join('\n\n')
}

/** `/llms-full.txt`: everything in one text. */
export function llmsFullText(routes: readonly Route[], guide: readonly GuidePage[]): string {
  const sections = routes.map((route) => {
    const parameters = (route.query?.parameters ?? []).map(
      ({ name, doc, values, default: otherwise }) =>
        `  - \`${name}\`: ${doc}${values === undefined ? '' : ` One of ${values.join(', ')}.`}${otherwise === undefined ? '' : ` Default ${otherwise}.`}`,
    )
    return [routeLine(route), ...parameters].join('\n')
  })
  return [
    ABOUT,
    EXAMPLE,
    `## Routes and their parameters\n\n${sections.join('\n')}`,
    ...guide.map(({ text }) => text.trim()),
  ].join('\n\n')
}
