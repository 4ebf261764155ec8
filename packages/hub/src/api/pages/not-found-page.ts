import { html } from '../html.ts'
import type { Reply } from '../route.ts'
import { HTML_MEDIA_TYPE, htmlPage, PAGE_HEADERS } from './html-page.ts'

/** What a browser gets at an address where there is nothing; programs get a problem document. */
export function notFoundPage(path: string): Reply {
  const body = html`<nav><a href="/">Hub</a></nav>
<h1>There is nothing at this address</h1>
<p><code>${path.slice(0, 200)}</code> is no page of this hub.</p>
<ul>
<li><a href="/">Start page</a>: whether the hub works, and where to go from here</li>
<li><a href="/docs">API reference</a>: every route</li>
<li><a href="/docs/README.md">Guide</a>: what to read when</li>
</ul>`
  return {
    status: 404,
    mediaType: HTML_MEDIA_TYPE,
    headers: PAGE_HEADERS,
    body: htmlPage('Nothing here', body),
  }
}
