/** Forms that a page is served in. */
export type Form = 'html' | 'json' | 'markdown'

const FORMS: readonly (readonly [media: RegExp, form: Form])[] = [
  [/^text\/html$|^application\/xhtml\+xml$/, 'html'],
  [/^application\/(?:[\w.-]+\+)?json$/, 'json'],
  [/^text\/(?:markdown|plain)$/, 'markdown'],
]

/** The form that an Accept header likes best; `otherwise` for who takes anything, or says nothing. */
export function formOf(accept: string | undefined, otherwise: Form): Form {
  let best: { readonly form: Form; readonly quality: number } | null = null
  for (const part of (accept ?? '').split(',')) {
    const [media = '', ...parameters] = part.trim().toLowerCase().split(';')
    const form = FORMS.find(([pattern]) => pattern.test(media.trim()))?.[1]
    const given = parameters.map((each) => /^\s*q=([\d.]+)\s*$/.exec(each)?.[1])
    const quality = Number(given.find((each) => each !== undefined) ?? 1)
    if (form !== undefined && quality > (best?.quality ?? 0)) best = { form, quality }
  }
  return best?.form ?? otherwise
}
