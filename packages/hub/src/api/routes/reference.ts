import { readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import type { Problem } from '../problems.ts'
import { problem } from '../problems.ts'
import { OVERVIEW, referencePages } from '../reference/pages.ts'
import type { Call, JsonSchema, Reply, Route } from '../route.ts'

/** Nothing but what the hub itself serves, no script in a page, and no page in a frame. */
const POLICY = [
  "default-src 'none'",
  "style-src 'self'",
  "script-src 'self'",
  "connect-src 'self'",
  'img-src data:',
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

const HEADERS = {
  'cache-control': 'public, max-age=300',
  'content-security-policy': POLICY,
  'referrer-policy': 'no-referrer',
  vary: 'Accept-Encoding',
} as const

const ASSETS: Readonly<Record<string, string>> = {
  'reference.css': 'text/css; charset=utf-8',
  'reference.js': 'text/javascript; charset=utf-8',
}

const FOLDER = new URL('../../../assets/reference/', import.meta.url)

interface Page {
  readonly mediaType: string
  readonly plain: string
  readonly zipped: Uint8Array
}

/** `/docs`: the API reference as pages. They are made when the first is asked for, some milliseconds. */
export function referenceRoutes(openApi: () => JsonSchema): readonly Route[] {
  let made: ReadonlyMap<string, Page> | null = null

  function makePages(): ReadonlyMap<string, Page> {
    const html = [...referencePages(openApi())].map(
      ([name, text]) => [name, packed('text/html; charset=utf-8', text)] as const,
    )
    const assets = Object.entries(ASSETS).map(
      ([name, mediaType]) =>
        [name, packed(mediaType, readFileSync(new URL(name, FOLDER), 'utf8'))] as const,
    )
    return new Map([...html, ...assets])
  }

  function page(name: string, { headers }: Call): Reply | Problem {
    made ??= makePages()
    const found = made.get(name)
    if (found === undefined) return problem('not_found', 'there is no page of that name')
    const { mediaType, plain, zipped } = found
    const takesGzip = /\bgzip\b/.test(String(headers['accept-encoding'] ?? ''))
    return takesGzip
      ? {
          status: 200,
          headers: { ...HEADERS, 'content-encoding': 'gzip' },
          mediaType,
          body: zipped,
        }
      : { status: 200, headers: HEADERS, mediaType, body: plain }
  }

  const content = { 'text/html': { type: 'string' } } as const
  return [
    {
      method: 'GET',
      url: '/docs',
      permission: 'public',
      summary: 'The API reference',
      tags: ['documents'],
      responses: { 200: { description: 'A page to read.', content } },
      problems: [],
      handle: (call) => page(OVERVIEW, call),
    },
    {
      method: 'GET',
      url: '/docs/:page',
      permission: 'public',
      summary: 'A page of the API reference',
      tags: ['documents'],
      params: { page: 'Name of a group of operations.' },
      responses: {
        200: {
          description: 'A page to read, its style sheet or its script.',
          content: {
            ...content,
            'text/css': { type: 'string' },
            'text/javascript': { type: 'string' },
          },
        },
      },
      problems: ['not_found'],
      handle: (call) => page(call.params['page'] ?? OVERVIEW, call),
    },
    {
      method: 'GET',
      url: '/reference',
      permission: 'public',
      summary: 'Where the API reference is',
      tags: ['documents'],
      responses: { 308: { description: 'At /docs.', content: {} } },
      problems: [],
      handle: () => ({ status: 308, headers: { location: '/docs' } }),
    },
  ]
}

function packed(mediaType: string, plain: string): Page {
  return { mediaType, plain, zipped: gzipSync(plain) }
}
