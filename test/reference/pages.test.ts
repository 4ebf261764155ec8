import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { PAGES } from './pages.ts'

const folder = join(import.meta.dirname, '../../docs/reference')

describe('reference pages say what the code says', () => {
  it.each(Object.keys(PAGES))('docs/reference/%s (UPDATE=1 writes it)', (name) => {
    const page = `${PAGES[name]?.()}\n`
    if (process.env['UPDATE'] === '1') writeFileSync(join(folder, name), page)
    expect(readFileSync(join(folder, name), 'utf8')).toBe(page)
  })
})
