/** The page at `/`: whether the hub works, and where to go from here. */

import { html } from '../html.ts'
import { htmlPage } from './html-page.ts'

export interface IndexFacts {
  readonly version: string
  readonly ready: boolean
  /** Why it is not ready. */
  readonly reasons: readonly string[]
  /** Where the hub is, as the caller named it: `http://127.0.0.1:8080`. */
  readonly url: string
  readonly links: readonly { readonly path: string; readonly title: string; readonly doc: string }[]
}

/** For a here-document, in which the shell puts the time. */
const FIRST_EVENT = [
  '{ "common": { "event_id": "first", "timestamp": "$(date -u +%FT%TZ)" },',
  '  "payload": { "type": "llm_request", "provider": "openai",',
  '    "model_id": "gpt-4o", "latency_ms": 850,',
  '    "usage": { "input_tokens": 1000, "output_tokens": 200 } } }',
].join('\n')

/** The first request, to be pasted into a shell. */
function firstCurl(url: string): string {
  return [
    'export LLMHUB_KEY=…   # shown once when the hub first started',
    `export LLMHUB_URL=${url}`,
    'curl $LLMHUB_URL/api/v1/events -H "Authorization: Bearer $LLMHUB_KEY" \\',
    "  -H 'Content-Type: application/json' -d @- <<EVENT",
    FIRST_EVENT,
    'EVENT',
    'curl "$LLMHUB_URL/api/v1/events?limit=1" \\',
    '  -H "Authorization: Bearer $LLMHUB_KEY"',
  ].join('\n')
}

export function indexHtml({ version, ready, reasons, url, links }: IndexFacts): string {
  const state = ready
    ? html`<span class="state good">ready</span>`
    : html`<span class="state bad">not ready</span>`
  const body = html`<h1>LLM Analytics Hub</h1>
<p>${state} <span class="soft">version ${version}</span></p>
${reasons.length === 0 ? '' : html`<ul>${reasons.map((reason) => html`<li>${reason}</li>`)}</ul>`}
<p>Takes in what your LLM applications emit and answers what it cost, how fast it was and what went wrong.</p>
<ul class="cards">${links.map(({ path, title, doc }) => html`<li><a href="${path}">${title}</a><span>${doc}</span></li>`)}</ul>
<h2>Send a first event, and read it back</h2>
<pre><code>${firstCurl(url)}</code></pre>
<h2>On the command line</h2>
<pre><code>llmhub tail
llmhub query cost.total requests.count --by model
llmhub doctor</code></pre>`
  return htmlPage('LLM Analytics Hub', body)
}

export function indexJson({ version, ready, reasons, links }: IndexFacts): object {
  return {
    name: 'LLM Analytics Hub',
    version,
    ready,
    reasons,
    links: Object.fromEntries(links.map(({ path, title }) => [title, path])),
  }
}
