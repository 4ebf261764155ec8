/** Text that is safe in a page: made by `html`, with everything put into it escaped. */
export interface Html {
  readonly html: string
}

type Part = Html | string | number | null | readonly Html[]

/** A template of HTML. Texts put into it are escaped; null is nothing; lists are joined. */
export function html(texts: TemplateStringsArray, ...parts: readonly Part[]): Html {
  const pieces = texts.flatMap((text, index) => [text, shown(parts[index] ?? null)])
  return { html: pieces.join('') }
}

function shown(part: Part): string {
  if (part === null) return ''
  if (typeof part === 'string' || typeof part === 'number') return escaped(String(part))
  return 'html' in part ? part.html : part.map((each) => each.html).join('')
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (char) => ENTITIES[char] ?? char)
}

/** The little Markdown that descriptions have: paragraphs, `code` and **bold**. */
export function prose(text: string): Html {
  return {
    html: text
      .split(/\n\n+/)
      .map((paragraph) => `<p>${inline(paragraph).html}</p>`)
      .join(''),
  }
}

/** `code` and **bold** within a line. */
export function inline(text: string): Html {
  return {
    html: escaped(text)
      .replace(/`([^`]+)`/g, '<code>$1</code>')
      .replace(/\*\*([^*]+)\*\*/g, '<strong>$1</strong>'),
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
