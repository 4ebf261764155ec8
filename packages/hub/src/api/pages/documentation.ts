/** The documentation as it is packed with the hub: Markdown, served nearly as it is. */

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import type { GuidePage } from './llms-text.ts'

/** What is built has a copy of its own; in a clone the pages are where they are written. */
const FOLDERS = [
  new URL('../../docs/', import.meta.url),
  new URL('../../../../../docs/', import.meta.url),
]

/** Folders of pages that are served below `/docs`. */
export const PAGE_FOLDERS = [
  'guide',
  'guide/streams',
  'guide/statistics',
  'reference',
  'formats',
] as const

const MARKDOWN_FILE = /^(?:README|[a-z-]+)\.md$/
const SERVED =
  /^\/repository\/docs\/(?:(?:guide(?:\/(?:streams|statistics))?|reference|formats)\/)?(?:README|[a-z-]+)\.md$/

/** Pages of a folder by name, and those of `/docs` itself for null; none where they were not packed. */
export function readPages(folder: (typeof PAGE_FOLDERS)[number] | null): readonly GuidePage[] {
  const docs = FOLDERS.find((each) => existsSync(each))
  const path = folder === null ? '' : `${folder}/`
  const place = docs === undefined ? undefined : new URL(path, docs)
  if (place === undefined || !existsSync(place)) return []
  return readdirSync(place)
    .filter((name) => MARKDOWN_FILE.test(name))
    .toSorted()
    .map((file) => {
      const text = withServedLinks(readFileSync(new URL(file, place), 'utf8'), `/docs/${path}`)
      const name = file.replace(/\.md$/, '')
      return { name, title: titleOf(text) ?? name, summary: summaryOf(text), text }
    })
}

/** Links to files of the repository that a hub does not serve become plain text. */
function withServedLinks(text: string, base: string): string {
  return text.replace(/(?<!!)\[([^\]]+)\]\(([^)\s]+)\)/g, (link, words: string, target: string) => {
    if (/^[a-z]+:|^#/.test(target)) return link
    // Below a folder of any name, so that what leads out of `docs` is not taken for what lies in it.
    const { pathname } = new URL(target, `http://hub/repository${base}`)
    if (pathname === '/repository/docs/reference/openapi.json') return `[${words}](/openapi.json)`
    return SERVED.test(pathname) ? link : words
  })
}

function titleOf(text: string): string | undefined {
  return /^# (.+)$/m.exec(text)?.[1]
}

/** The first sentence of the first paragraph. */
function summaryOf(text: string): string {
  const paragraph = text.split(/\n\s*\n/).find((each) => /^(?!```)[A-Z`[]/.test(each)) ?? ''
  const line = paragraph.replaceAll(/\s+/g, ' ').replaceAll(/\[([^\]]+)\]\([^)]*\)/g, '$1')
  return /^.*?[.:](?= |$)/.exec(line)?.[0].replace(/:$/, '.') ?? line
}
