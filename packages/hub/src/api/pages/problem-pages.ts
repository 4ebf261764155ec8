/** Pages about errors, made from the registry alone: as HTML, Markdown and JSON. */

import type { ErrorExample, ErrorSpec } from '@llmhub/schema'
import { ERROR_NOTES, ERRORS } from '@llmhub/schema'
import { type Html, html, inline } from '../html.ts'
import { problemPath } from '../problems.ts'
import { htmlPage } from './html-page.ts'

/** Everything that is known about an error. */
export interface ProblemEntry extends ErrorSpec {
  readonly causes: readonly string[]
  readonly example: ErrorExample | null
}

export const PROBLEM_ENTRIES: readonly ProblemEntry[] = ERRORS.map((spec) => {
  const { causes, example } = ERROR_NOTES[spec.code]
  return { ...spec, causes, example: example ?? null }
})

/** Whether asking again later may help, by the status. */
function passes({ status }: ErrorSpec): string {
  if (status === 429 || status === 503) {
    return 'It passes by itself: send the same again after the time in `Retry-After`.'
  }
  if (status >= 500) return 'The same request may succeed later.'
  return 'The same request fails again: change it first.'
}

function meaning(entry: ProblemEntry): string {
  return entry.scope === 'event'
    ? `One event of a request was rejected; the others were taken in. It is kept as a dead letter, from which it can be corrected and taken in again. When every event of a request was rejected, the answer has the status ${entry.status}.`
    : `The request ended with the status ${entry.status}. ${passes(entry)}`
}

/** A request as one pastes it into a shell; the key comes from the environment. */
export function curlOf({ method, path, body, mediaType, keyless }: ErrorExample): string {
  const lines = [
    `curl '$LLMHUB_URL${path}'`.replaceAll("'", '"'),
    ...(keyless === true ? [] : ['-H "Authorization: Bearer $LLMHUB_KEY"']),
    ...(method === 'POST' ? [`-H 'Content-Type: ${mediaType ?? 'application/json'}'`] : []),
    ...(body === undefined ? [] : [`--data-binary '${body.replaceAll('\n', String.raw`\n`)}'`]),
  ]
  return lines.join(' \\\n  ')
}

export function problemMarkdown(entry: ProblemEntry): string {
  const { code, title, status, hint, causes, example } = entry
  return [
    `# ${title}`,
    `\`${code}\` · status ${status} · ends ${entry.scope === 'event' ? 'one event' : 'a request'}`,
    meaning(entry),
    `## Usual causes\n\n${causes.map((cause) => `- ${cause}`).join('\n')}`,
    `## What to do\n\n${hint}`,
    ...(example === null ? [] : [`## Example\n\n\`\`\`sh\n${curlOf(example)}\n\`\`\``]),
    `All errors: [/problems](/problems)`,
  ].join('\n\n')
}

export function problemHtml(entry: ProblemEntry): string {
  const { code, title, status, hint, causes, example } = entry
  const body = html`<nav><a href="/">Hub</a> / <a href="/problems">Errors</a></nav>
<h1>${title}</h1>
<p class="soft"><code>${code}</code> · status ${String(status)} · ends ${entry.scope === 'event' ? 'one event' : 'a request'}</p>
<p>${inline(meaning(entry))}</p>
<h2>What to do</h2>
<p>${inline(hint)}</p>
<h2>Usual causes</h2>
<ul>${causes.map((cause) => html`<li>${inline(cause)}</li>`)}</ul>
${example === null ? '' : html`<h2>Example</h2><pre><code>${curlOf(example)}</code></pre>`}`
  return htmlPage(`${title} (${code})`, body)
}

const INTRODUCTION =
  'Every error of the hub has a code that never changes its meaning. A problem (`application/problem+json`) names its page in `type`.'

const SCOPES = [
  ['request', 'Requests'],
  ['event', 'Events'],
] as const

export function problemListMarkdown(): string {
  const lists = SCOPES.map(([scope, title]) => {
    const own = PROBLEM_ENTRIES.filter((entry) => entry.scope === scope)
    const lines = own.map(
      ({ code, status, title: what }) =>
        `- [\`${code}\`](${problemPath(code)}) (${status}): ${what}`,
    )
    return `## ${title}\n\n${lines.join('\n')}`
  })
  return [`# Errors`, INTRODUCTION, ...lists].join('\n\n')
}

export function problemListHtml(): string {
  const lists = SCOPES.map(([scope, title]): Html => {
    const own = PROBLEM_ENTRIES.filter((entry) => entry.scope === scope)
    const rows = own.map(
      ({ code, status, title: what }) =>
        html`<tr><td><a href="${problemPath(code)}"><code>${code}</code></a></td><td>${String(status)}</td><td>${what}</td></tr>`,
    )
    return html`<h2>${title}</h2><table><thead><tr><th scope="col">Code</th><th scope="col">Status</th><th scope="col">What is wrong</th></tr></thead><tbody>${rows}</tbody></table>`
  })
  const body = html`<nav><a href="/">Hub</a></nav><h1>Errors</h1><p>${inline(INTRODUCTION)}</p>${lists}`
  return htmlPage('Errors', body)
}
