/** Pages of HTML that need nothing but themselves: no script, no font, no image of another host. */

import { createHash } from 'node:crypto'
import { type Html, html } from '../html.ts'

const STYLE = `
:root { color-scheme: light dark; --ink: #1c2430; --soft: #5b6675; --line: #dde2e9; --card: #f6f8fa; --paper: #fff; --accent: #0b5fc0; --good: #18794e; --bad: #b42318 }
@media (prefers-color-scheme: dark) { :root { --ink: #e6eaf0; --soft: #9aa7b6; --line: #2c3542; --card: #171d26; --paper: #0f141b; --accent: #7ab7ff; --good: #5fd39a; --bad: #ff9a8d } }
* { box-sizing: border-box }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.6 system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif }
main { max-width: 46rem; margin: 0 auto; padding: 2.5rem 1.25rem 4rem }
h1 { font-size: 1.7rem; line-height: 1.25; margin: 0 0 .4rem; letter-spacing: -.01em }
h2 { font-size: 1.05rem; margin: 2rem 0 .5rem }
p, ul, ol, pre, table, dl { margin: 0 0 1rem }
ul, ol { padding-left: 1.25rem }
a { color: var(--accent); text-underline-offset: .15em }
a:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; border-radius: 2px }
code, pre { font: .875em/1.55 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace }
code { background: var(--card); border: 1px solid var(--line); border-radius: 4px; padding: .08em .3em }
pre { background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: .85rem 1rem; overflow-x: auto }
pre code { background: none; border: 0; padding: 0; font-size: 1em }
table { border-collapse: collapse; width: 100%; font-size: .94rem }
td { overflow-wrap: anywhere }
th, td { text-align: left; vertical-align: top; padding: .45rem .75rem .45rem 0; border-bottom: 1px solid var(--line) }
th { color: var(--soft); font-weight: 600 }
.soft { color: var(--soft) }
.state { display: inline-block; border: 1px solid currentColor; border-radius: 999px; padding: 0 .65rem; font-size: .875rem; font-weight: 600 }
.good { color: var(--good) }
.bad { color: var(--bad) }
h3 { font-size: 1rem; margin: 1.5rem 0 .5rem }
.wide { overflow-x: auto }
.wide td, .wide th { overflow-wrap: normal; min-width: 4.5rem }
nav { font-size: .94rem; margin-bottom: 1.5rem }
.cards { display: grid; grid-template-columns: repeat(auto-fill, minmax(13rem, 1fr)); gap: .75rem; padding: 0; list-style: none }
.cards li { border: 1px solid var(--line); background: var(--card); border-radius: 8px; padding: .8rem 1rem }
.cards span { display: block; color: var(--soft); font-size: .875rem; line-height: 1.45 }
`

const STYLE_HASH = createHash('sha256').update(STYLE).digest('base64')

/** Nothing is loaded, run, framed or sent; the one style is named by its hash. */
const PAGE_POLICY = [
  "default-src 'none'",
  `style-src 'sha256-${STYLE_HASH}'`,
  'img-src data:',
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

export const PAGE_HEADERS = {
  'content-security-policy': PAGE_POLICY,
  'referrer-policy': 'no-referrer',
  vary: 'Accept',
} as const

export const HTML_MEDIA_TYPE = 'text/html; charset=utf-8'

export function htmlPage(title: string, body: Html): string {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<link rel="icon" href="data:,">
<style>${{ html: STYLE }}</style>
</head>
<body><main>
${body}
</main></body>
</html>
`.html
}
