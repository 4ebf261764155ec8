/** Text that is safe in a page: made by {@link html}, with everything put into it escaped. */
export interface Html {
  readonly html: string
}

export type Part = Html | string | number | null | readonly Part[]

/** A template of HTML. Texts put into it are escaped; null is nothing; lists are joined. */
export function html(texts: TemplateStringsArray, ...parts: readonly Part[]): Html {
  const pieces = texts.flatMap((text, index) => [text, shown(parts[index] ?? null)])
  return { html: pieces.join('') }
}

function shown(part: Part): string {
  if (part === null) return ''
  if (typeof part === 'string' || typeof part === 'number') return escaped(String(part))
  return 'html' in part ? part.html : part.map(shown).join('')
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

export function escaped(text: string): string {
  return text.replaceAll(/[&<>"']/g, (sign) => ENTITIES[sign] ?? sign)
}

/** The little Markdown that a line of a description has: `code` and **bold**. */
export function inline(text: string): Html {
  return {
    html: escaped(text)
      .replaceAll(/`([^`]+)`/g, '<code>$1</code>')
      .replaceAll(/\*\*([^*]+)\*\*/g, '<strong>$1</strong>'),
  }
}
