import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ServiceFixture, startService } from '../../packages/hub/test/service-fixture.ts'
import { type Browser, findBrowser, startBrowser } from '../support/browser.ts'

let service: ServiceFixture

beforeAll(async () => {
  service = await startService()
})
afterAll(() => service.close())

async function get(path: string, headers: Readonly<Record<string, string>> = {}) {
  const response = await fetch(service.url + path, { headers, redirect: 'manual' })
  return { status: response.status, headers: response.headers, text: await response.text() }
}

describe('the API reference', () => {
  it('shows every operation, on a page that the overview leads to', async () => {
    const { text } = await get('/docs')
    const { tags, paths } = service.api.openApi as {
      readonly tags: readonly { readonly name: string }[]
      readonly paths: Readonly<Record<string, Readonly<Record<string, { operationId: string }>>>>
    }
    const pages = new Map<string, string>()
    for (const { name } of tags) {
      const path = `/docs/${name.replaceAll(' ', '-')}`
      expect(text).toContain(`href="${path}"`)
      pages.set(path, (await get(path)).text)
    }
    for (const methods of Object.values(paths)) {
      for (const { operationId } of Object.values(methods)) {
        const link = new RegExp(`href="(/docs/[a-z-]+)#${operationId}"`).exec(text)
        expect(pages.get(link?.[1] ?? ''), operationId).toContain(`id="${operationId}"`)
      }
    }
  })

  it('has no script and no style in its pages, and lets browsers ask nobody else', async () => {
    for (const path of ['/docs', '/docs/reports', '/docs/query']) {
      const { headers, text } = await get(path)
      expect(headers.get('content-security-policy')).toMatch(
        /^default-src 'none'; style-src 'self'; script-src 'self';/,
      )
      expect(text).not.toMatch(/<style|style="|\son\w+="|<script>|javascript:/)
      expect(text.match(/<script[^>]*>/g)).toEqual(['<script src="/docs/reference.js" defer>'])
      expect(text).not.toMatch(/(?:src|href)="(?:https?:)?\/\//)
    }
  })

  it('comes compressed to those who take it, is nowhere else, and moves who asks at /reference', async () => {
    const plain = await get('/docs', { 'accept-encoding': 'identity' })
    const zipped = await get('/docs', { 'accept-encoding': 'br, gzip' })
    expect([plain.headers.get('content-encoding'), zipped.headers.get('content-encoding')]).toEqual(
      [null, 'gzip'],
    )
    expect(zipped.text).toBe(plain.text)
    expect((await get('/docs/nowhere')).status).toBe(404)
    const moved = await get('/reference')
    expect([moved.status, moved.headers.get('location')]).toEqual([308, '/docs'])
  })
})

describe('the API reference in a browser', () => {
  const command = findBrowser()
  let browser: Browser | null = null

  beforeAll(async () => {
    if (command !== null) browser = await startBrowser(command)
  })
  afterAll(() => browser?.close())

  it.for([
    { width: 1400, dark: false },
    { width: 360, dark: true },
  ])('asks nobody but the hub and fits: $width px', async (size, context) => {
    if (browser === null) return context.skip('no chromium is installed')
    for (const path of ['/docs', '/docs/query', '/docs/dead-letters']) {
      const page = await browser.open(service.url + path, size)
      expect(page.requests.length).toBeGreaterThan(2)
      expect(
        page.requests.filter((url) => !url.startsWith(service.url) && url !== 'data:,'),
      ).toEqual([])
      expect(page.complaints).toEqual([])
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(
        size.width,
      )
    }
  })

  it('finds operations, changes the language of all examples, and asks the hub', async (context) => {
    if (browser === null) return context.skip('no chromium is installed')
    const page = await browser.open(`${service.url}/docs/query`, { width: 1400 })
    const found = await page.evaluate<string[]>(`(() => {
      document.dispatchEvent(new KeyboardEvent('keydown', { key: '/', bubbles: true }))
      const search = document.activeElement
      search.value = 'replay dead'
      search.dispatchEvent(new Event('input'))
      return [...document.querySelectorAll('#operations li[data-words]:not([hidden]) code')].map((each) => each.textContent)
    })()`)
    expect(found).toEqual(['/dead-letters/{id}/replay', '/dead-letters/replay'])
    const shown = await page.evaluate<string[]>(`(() => {
      document.querySelector('.tabs input[value=Python]').click()
      return [...document.querySelectorAll('.pane')].filter((each) => each.offsetParent).map((each) => each.dataset.lang)
    })()`)
    expect(new Set(shown)).toEqual(new Set(['Python']))
    const answer = await page.evaluate<string>(`(async () => {
      const form = document.getElementById('try-postQuery')
      form.elements.key.value = '${service.key(['query:read'])}'
      form.requestSubmit()
      const output = form.querySelector('output')
      while (!/^[0-9]/.test(output.textContent)) await new Promise(requestAnimationFrame)
      return output.textContent
    })()`)
    expect(answer).toMatch(/^200 OK\n\{\n {2}"columns"/)
    expect(page.complaints).toEqual([])
  })
})
