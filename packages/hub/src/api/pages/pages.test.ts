import { ERRORS } from '@llmhub/schema'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ApiClient, apiClient } from '../../../test/api-client.ts'
import { type ServiceFixture, startService } from '../../../test/service-fixture.ts'
import { html, inline } from '../html.ts'
import { formOf } from './negotiate.ts'
import { curlOf, PROBLEM_ENTRIES } from './problem-pages.ts'

const BROWSER = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8'

let service: ServiceFixture
let call: ApiClient

beforeAll(async () => {
  service = await startService()
  call = apiClient(service)
})
afterAll(() => service.close())

const get = (path: string, accept = '*/*') => call('GET', path, { headers: { accept } })

/** Paths that a text links to. */
function linksOf(text: string): string[] {
  const found = [...text.matchAll(/\]\((\/[^)\s]*)\)|href="(\/[^"]*)"/g)]
  return [...new Set(found.map(([, markdown, attribute]) => markdown ?? attribute ?? ''))]
}

/** Paths on this hub that a page at `path` leads to. */
function relativeLinksOf(text: string, path: string): string[] {
  const targets = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target)
  return targets
    .map((target) => new URL(target, `http://hub${path}`))
    .filter(({ host }) => host === 'hub')
    .map(({ pathname }) => pathname)
}

describe('pages', () => {
  it('are in the form that was asked for', () => {
    expect(formOf(BROWSER, 'json')).toBe('html')
    expect(formOf('application/json', 'markdown')).toBe('json')
    expect(formOf('application/problem+json', 'markdown')).toBe('json')
    expect(formOf('text/html;q=0.1, application/json', 'markdown')).toBe('json')
    expect(formOf('text/html;q=0', 'json')).toBe('json')
    expect(formOf('*/*', 'markdown')).toBe('markdown')
    expect(formOf(undefined, 'json')).toBe('json')
  })

  it('escape what they show', () => {
    expect(html`<p title="${'"'}">${'<b>&'}${[html`<i>x</i>`]}</p>`.html).toBe(
      '<p title="&quot;">&lt;b&gt;&amp;<i>x</i></p>',
    )
    expect(inline('a `<b>` c').html).toBe('a <code>&lt;b&gt;</code> c')
  })

  it('have an index without script, with a policy that lets nothing in', async () => {
    const page = await get('/', BROWSER)
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'")
    expect(page.text).not.toMatch(/<script|onload|https?:\/\/(?!127)/)
    expect(page.text).toContain(`export LLMHUB_URL=${service.url}\n`)
    expect(page.text).not.toContain('llmhub_')
    expect(linksOf(page.text).length).toBeGreaterThan(3)
    for (const path of linksOf(page.text)) expect((await get(path)).status, path).toBe(200)
    expect((await get('/')).json).toMatchObject({ version: '0.0.0', ready: true })
  })

  it('put nothing of a Host header into a page that is no host', async () => {
    const page = await call('GET', '/', {
      headers: { accept: BROWSER, 'x-forwarded-host': '"><b>' },
    })
    expect(page.text).not.toContain('"><b>')
  })
})

describe('the documentation in a browser', () => {
  it('is HTML without script, whose links and anchors are there', async () => {
    const start = await get('/docs/README.md', BROWSER)
    expect(start.headers.get('content-type')).toContain('text/html')
    expect(start.headers.get('content-security-policy')).toContain("default-src 'none'")
    const seen = new Map([['/docs/README.md', start.text]])
    const broken: string[] = []
    const queue = ['/docs/README.md']
    for (let path = queue.pop(); path !== undefined; path = queue.pop()) {
      for (const [, target = ''] of (seen.get(path) ?? '').matchAll(/href="([^"]+)"/g)) {
        const { host, pathname, hash } = new URL(target, `http://hub${path}`)
        if (host !== 'hub' || target.startsWith('data:')) continue
        if (!seen.has(pathname)) {
          const page = await get(pathname, BROWSER)
          if (page.status !== 200) broken.push(`${path} → ${target}`)
          seen.set(pathname, page.text)
          if (pathname.endsWith('.md')) queue.push(pathname)
        }
        const anchor = `id="${decodeURIComponent(hash.slice(1))}"`
        if (hash !== '' && !seen.get(pathname)?.includes(anchor)) broken.push(`${path} → ${target}`)
      }
    }
    expect(broken).toEqual([])
    expect(seen.size).toBeGreaterThan(20)
    for (const page of seen.values()) expect(page).not.toMatch(/<script(?! src="\/docs)|onload=/)
  })

  it('says so in HTML where there is nothing, and to programs as a problem', async () => {
    const from = (accept: string) =>
      fetch(new URL('/nowhere/<b>', service.url), { headers: { accept } })
    const page = await from(BROWSER)
    const type = page.headers.get('content-type')
    expect([page.status, type]).toEqual([404, 'text/html; charset=utf-8'])
    expect(await page.text()).not.toContain('<b>')
    expect(await (await from('*/*')).json()).toMatchObject({ type: '/problems/not_found' })
  })
})

describe('every error', () => {
  it('has a page, and every page an error', async () => {
    expect(PROBLEM_ENTRIES.map(({ code }) => code)).toEqual(ERRORS.map(({ code }) => code))
    for (const accept of [BROWSER, 'text/markdown']) {
      const paths = linksOf((await get('/problems', accept)).text)
      const codes = paths.filter((path) => path.startsWith('/problems/'))
      expect(codes.toSorted()).toEqual(ERRORS.map(({ code }) => `/problems/${code}`).toSorted())
      for (const path of codes) {
        const page = await get(path, accept)
        expect(page.status).toBe(200)
        expect(page.text).toContain(path.split('/').at(-1))
        expect(page.text).toContain('What to do')
      }
    }
  })

  it('leads to its page by its type', async () => {
    const refused = await call('GET', '/api/v1/events')
    expect(refused.json['type']).toBe('/problems/unauthenticated')
    const page = await get(String(refused.json['type']), 'application/json')
    expect(page.json).toMatchObject({ code: 'unauthenticated', status: 401 })
    expect((await get('/problems/none')).status).toBe(404)
  })

  it('has an example that can be pasted', () => {
    const entry = PROBLEM_ENTRIES.find(({ code }) => code === 'unknown_kind')
    if (entry?.example === null || entry === undefined) throw new Error('no example')
    expect(curlOf(entry.example)).toContain('curl "$LLMHUB_URL/api/v1/events?dryRun=true" \\\n  -H')
  })
})

describe('agents', () => {
  it('find every route and page in llms.txt, and every link answers', async () => {
    const short = await get('/llms.txt')
    const paths = linksOf(short.text)
    expect(paths).toContain('/openapi.json')
    expect(paths).toContain('/docs/guide/cli.md')
    for (const path of paths) {
      const answer = await get(path)
      expect(answer.status, path).toBe(200)
    }
    expect(short.text).not.toMatch(/\.md\): (?:```|.{0,15}$)/m)
    for (const { method, url } of service.api.routes) {
      expect(short.text).toContain(`\`${method} ${url.replaceAll(/:(\w+)/g, '{$1}')}\``)
    }
    const full = await get('/llms-full.txt')
    expect(full.text).toContain('`wait`: By arrival')
    expect(full.text.length).toBeGreaterThan(short.text.length * 2)
    expect((await get('/docs/guide/..%2fREADME.md')).status).toBe(404)
  })

  it('get from every served page to others by links that answer', async () => {
    const index = await get('/docs/README.md')
    const pages = relativeLinksOf(index.text, '/docs/README.md')
    expect(pages).toContain('/docs/guide/cost.md')
    expect(pages).toContain('/docs/reference/errors.md')
    const leadsTo = new Set(pages)
    for (const page of new Set(pages)) {
      for (const path of relativeLinksOf((await get(page)).text, page)) leadsTo.add(path)
    }
    const broken: string[] = []
    for (const path of leadsTo) if ((await get(path)).status !== 200) broken.push(path)
    expect(broken).toEqual([])
    expect(index.text).toContain('| README |')
  })
})
