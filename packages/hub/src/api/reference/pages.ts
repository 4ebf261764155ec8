import { type Html, html, inline } from '../html.ts'
import type { JsonSchema } from '../route.ts'
import type { NamedOperation, ShownDocument } from './operation-view.ts'
import { operationView } from './operation-view.ts'
import { prose } from './prose.ts'

/** Name of the overview among the pages. */
export const OVERVIEW = ''

/**
 * The API reference as HTML: an overview and a page for each tag, by the last part of their address.
 * They ask for a style sheet and a script beside them and for nothing else.
 */
export function referencePages(openApi: JsonSchema): ReadonlyMap<string, string> {
  const document = openApi as unknown as ShownDocument
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      method: method.toUpperCase(),
      path,
      operation,
    })),
  )
  const of = (tag: string): readonly NamedOperation[] =>
    operations.filter(({ operation }) => operation.tags[0] === tag)
  const pages = new Map([[OVERVIEW, page(document, of, OVERVIEW, overview(document, of))]])
  for (const { name, description = '' } of document.tags) {
    const content = html`<h1>${title(name)}</h1><p class="lead">${inline(description)}</p>
${of(name).map((operation) => operationView(operation, document))}`
    pages.set(slug(name), page(document, of, name, content))
  }
  return pages
}

function slug(tag: string): string {
  return tag.replaceAll(' ', '-')
}

function title(tag: string): string {
  if (tag === 'sql') return 'SQL'
  return tag.charAt(0).toUpperCase() + tag.slice(1)
}

type ByTag = (tag: string) => readonly NamedOperation[]

function overview(document: ShownDocument, of: ByTag): Html {
  const tags = document.tags.map(({ description = '', name }) => {
    const items = of(name).map(
      ({ method, operation, path }) =>
        html`<li><a href="/docs/${slug(name)}#${operation.operationId}"><span class="method ${method}">${method}</span> <code>${path}</code></a> <span class="what">${operation.summary}</span></li>`,
    )
    return html`<section class="tag"><h2><a href="/docs/${slug(name)}">${title(name)}</a></h2><p>${inline(description)}</p><ul class="operations">${items}</ul></section>`
  })
  return html`<h1>LLM Analytics Hub API</h1>
<div class="lead">${prose(document.info.description)}</div>
<p>The same as one document: <a href="/openapi.json">openapi.json</a>, OpenAPI 3.1. Every example was carried out; answers are real, long lists cut to three.</p>
${tags}`
}

function page(document: ShownDocument, of: ByTag, current: string, content: Html): string {
  const groups = document.tags.map(({ name }) => {
    const links = of(name).map(({ method, operation, path }) => {
      const parameters = (operation.parameters ?? []).map((each) => each.name).join(' ')
      const words = `${method} ${path} ${operation.summary} ${name} ${parameters}`.toLowerCase()
      return html`<li data-words="${words}"><a title="${operation.summary}" href="/docs/${slug(name)}#${operation.operationId}"><span class="method ${method}">${method}</span><code>${path.replace('/api/v1', '')}</code></a></li>`
    })
    const isHere = name === current
    return html`<li class="group"><a class="tag-link" href="/docs/${slug(name)}"${isHere ? html` aria-current="page"` : null}>${title(name)}</a><ul ${isHere ? html`class="open"` : null}>${links}</ul></li>`
  })
  const heading = current === OVERVIEW ? 'API reference' : `${title(current)} · API reference`
  return html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark">
<title>${heading} · LLM Analytics Hub</title><link rel="icon" href="data:,"><link rel="stylesheet" href="/docs/reference.css"><script src="/docs/reference.js" defer></script></head>
<body><a class="skip" href="#content">Skip to content</a>
<header><a class="home" href="/docs">LLM Analytics Hub <span>API ${document.info.version}</span></a><button type="button" id="menu" aria-expanded="false" aria-controls="nav">Contents</button></header>
<nav id="nav" aria-label="Operations"><p class="places"><a href="/">Hub</a> · <a href="/docs/README.md">Guide</a></p><label class="search"><span>Search operations</span><input type="search" id="search" placeholder="Search  /" autocomplete="off" aria-controls="operations"></label><p id="none" hidden>Nothing matches.</p><ul id="operations">${groups}</ul></nav>
<main id="content" tabindex="-1">${content}</main></body></html>
`.html
}
