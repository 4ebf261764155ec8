/** The guide as it is packed with the hub: Markdown, served as it is. */

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import type { GuidePage } from './llms-text.ts'

/** In the package the build has put it beside dist; in a clone it is where it is written. */
const FOLDERS = [
  new URL('../../../docs/guide/', import.meta.url),
  new URL('../../../../../docs/guide/', import.meta.url),
]

/** Pages by name; none where the guide was not packed. */
export function readGuide(): readonly GuidePage[] {
  const folder = FOLDERS.find((each) => existsSync(each))
  if (folder === undefined) return []
  return readdirSync(folder)
    .filter((name) => /^[a-z-]+\.md$/.test(name))
    .toSorted()
    .map((file) => {
      const text = readFileSync(new URL(file, folder), 'utf8')
      const name = file.replace(/\.md$/, '')
      return { name, title: titleOf(text) ?? name, summary: summaryOf(text), text }
    })
}

function titleOf(text: string): string | undefined {
  return /^# (.+)$/m.exec(text)?.[1]
}

/** The first sentence of the first paragraph. */
function summaryOf(text: string): string {
  const paragraph =
    text.split(/\n\s*\n/).find((each) => /^[A-Z`[]/.test(each) && !each.startsWith('#')) ?? ''
  const line = paragraph.replaceAll(/\s+/g, ' ').replaceAll(/\[([^\]]+)\]\([^)]*\)/g, '$1')
  return /^.*?[.:](?= |$)/.exec(line)?.[0].replace(/:$/, '.') ?? line
}
