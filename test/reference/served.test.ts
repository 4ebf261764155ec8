import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { HubProcess } from '../support/hub-process.ts'
import { apiPage, metricsPage, type OpenApi } from './served.ts'

const FOLDER = join(import.meta.dirname, '../../docs/reference')

describe('reference pages say what a hub serves', () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'llmhub-reference-'))
  let hub: HubProcess

  beforeAll(async () => {
    hub = await HubProcess.start({ dataDir })
  })

  afterAll(async () => {
    await hub.kill()
    rmSync(dataDir, { recursive: true, force: true })
  })

  it.each([
    ['api.md', '/openapi.json', (text: string) => apiPage(JSON.parse(text) as OpenApi)],
    ['metrics.md', '/metrics', metricsPage],
  ])('docs/reference/%s (UPDATE=1 writes it)', async (name, path, make) => {
    const page = `${make((await hub.get(path)).text)}\n`
    expect(page.split('\n').length).toBeGreaterThan(20)
    if (process.env['UPDATE'] === '1') writeFileSync(join(FOLDER, name), page)
    expect(readFileSync(join(FOLDER, name), 'utf8')).toBe(page)
  })
})
