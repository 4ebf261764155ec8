/** Pages of the documentation for browsers. */

import { Marked } from 'marked'
import { html } from '../html.ts'
import { htmlPage } from './html-page.ts'
import type { GuidePage } from './llms-text.ts'

/** Headings as a link names them: lower case, spaces as hyphens, nothing but letters, digits, `-` and `_`. */
function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/<[^>]*>|[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replaceAll(/\s/g, '-')
}

const marked = new Marked({
  gfm: true,
  renderer: {
    heading({ tokens, depth, text }) {
      return `<h${depth} id="${anchorOf(text)}">${this.parser.parseInline(tokens)}</h${depth}>\n`
    },
    /** A wide table scrolls by itself; the page never does. */
    table(token) {
      const cells = (row: typeof token.header, tag: 'th' | 'td'): string =>
        `<tr>${row.map(({ tokens }) => `<${tag}>${this.parser.parseInline(tokens)}</${tag}>`).join('')}</tr>`
      const rows = token.rows.map((row) => cells(row, 'td')).join('\n')
      return `<div class="wide"><table><thead>${cells(token.header, 'th')}</thead><tbody>${rows}</tbody></table></div>\n`
    },
  },
})

/** A page of the documentation. Its Markdown is the product's own and is not escaped. */
export function documentationHtml({ title, text }: GuidePage): string {
  const content = marked.parse(text, { async: false })
  const body = html`<nav><a href="/">Hub</a> / <a href="/docs/README.md">Guide</a> / <a href="/docs">API</a></nav>
${{ html: content }}`
  return htmlPage(title, body)
}
