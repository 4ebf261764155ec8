import { escaped, type Html, inline } from '../html.ts'

/** The little Markdown that descriptions have: paragraphs, `code` and **bold**. */
export function prose(text: string): Html {
  return {
    html: text
      .split(/\n\n+/)
      .map((paragraph) => `<p>${inline(paragraph).html}</p>`)
      .join(''),
  }
}

const TOKENS =
  /("(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')|\b(-?\d+(?:\.\d+)?|true|false|null|None|True|False)\b/g

/** Code with its texts and numbers marked. A line that is one long text stays as it is. */
export function code(source: string): Html {
  let at = 0
  let marked = ''
  for (const match of source.matchAll(TOKENS)) {
    const [token, text] = match
    marked += escaped(source.slice(at, match.index))
    marked += `<span class="${text === undefined ? 'n' : 's'}">${escaped(token)}</span>`
    at = match.index + token.length
  }
  return { html: marked + escaped(source.slice(at)) }
}
