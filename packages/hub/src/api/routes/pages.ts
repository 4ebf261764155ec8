import type { HubStatus } from '../../core/status.ts'
import { PAGE_FOLDERS, readPages } from '../pages/documentation.ts'
import { HTML_MEDIA_TYPE, PAGE_HEADERS } from '../pages/html-page.ts'
import { type IndexFacts, indexHtml, indexJson } from '../pages/index-page.ts'
import { type GuidePage, llmsFullText, llmsText } from '../pages/llms-text.ts'
import { documentationHtml } from '../pages/markdown-page.ts'
import { formOf } from '../pages/negotiate.ts'
import {
  PROBLEM_ENTRIES,
  problemHtml,
  problemListHtml,
  problemListMarkdown,
  problemMarkdown,
} from '../pages/problem-pages.ts'
import type { Problem } from '../problems.ts'
import { problem } from '../problems.ts'
import type { Call, Reply, Route } from '../route.ts'

export interface PageRouteDependencies {
  readonly version: string
  readonly status: () => Promise<HubStatus>
  /** All routes, these ones too; asked for when a page is. */
  readonly routes: () => readonly Route[]
}

const MARKDOWN = 'text/markdown; charset=utf-8'
const CACHED = { ...PAGE_HEADERS, 'cache-control': 'public, max-age=300' } as const
const TEXT = { type: 'string' } as const

const LINKS = [
  { path: '/docs', title: 'API reference', doc: 'Every route, to read and to try.' },
  { path: '/docs/README.md', title: 'Guide', doc: 'What to read when: guide, reference, formats.' },
  { path: '/openapi.json', title: 'OpenAPI', doc: 'Every route and schema, for programs.' },
  { path: '/problems', title: 'Errors', doc: 'What each means and how to mend it.' },
  { path: '/llms.txt', title: 'llms.txt', doc: 'The hub in one text, for agents.' },
  { path: '/schemas/event.json', title: 'Event schema', doc: 'JSON Schema of what is taken in.' },
  { path: '/ready', title: 'Readiness', doc: 'What it needs, and whether it works.' },
] as const

/** Where pages of a folder are served, and what they are. */
const FOLDER_SUMMARIES = {
  guide: 'A page of the guide: /docs/guide/<name>.md',
  'guide/streams': 'A page of the guide to streams: /docs/guide/streams/<name>.md',
  'guide/statistics': 'A page of the guide to statistics: /docs/guide/statistics/<name>.md',
  reference: 'A page of the reference: /docs/reference/<name>.md',
  formats: 'A page about files of the data folder: /docs/formats/<name>.md',
} as const

/** Pages for people and agents: the index, errors, llms.txt, the documentation. They need no key and hold no data. */
export function pageRoutes({ routes, status, version }: PageRouteDependencies): readonly Route[] {
  const read = new Map<string | null, readonly GuidePage[]>()
  const pagesOf = (folder: Parameters<typeof readPages>[0]): readonly GuidePage[] => {
    const found = read.get(folder) ?? readPages(folder)
    read.set(folder, found)
    return found
  }
  const guide = (): readonly GuidePage[] => pagesOf('guide')

  async function index(call: Call): Promise<Reply> {
    const { dependencies } = await status()
    const served = new Set(routes().map(({ url }) => url))
    const facts: IndexFacts = {
      version,
      ready: dependencies.every(({ ready }) => ready),
      reasons: dependencies.flatMap(({ ready, name, reason }) =>
        ready ? [] : [`${name}: ${reason ?? 'not ready'}`],
      ),
      url: urlOf(call),
      links: LINKS.filter(({ path }) => served.has(path) || path.startsWith('/schemas/')),
    }
    if (formOf(call.headers.accept, 'json') === 'html') return page(indexHtml(facts), PAGE_HEADERS)
    return { status: 200, headers: { vary: 'Accept' }, body: indexJson(facts) }
  }

  function problems(call: Call): Reply {
    switch (formOf(call.headers.accept, 'json')) {
      case 'html':
        return page(problemListHtml(), CACHED)
      case 'json':
        return { status: 200, headers: CACHED, body: { problems: PROBLEM_ENTRIES } }
      case 'markdown':
        return text(problemListMarkdown(), MARKDOWN)
    }
  }

  function onePage(call: Call): Reply | Problem {
    const entry = PROBLEM_ENTRIES.find(({ code }) => code === call.params['code'])
    if (entry === undefined) {
      const hint = 'All codes are listed at /problems.'
      const errors = [{ path: 'code', message: 'is no error code of this hub', hint }]
      return problem('not_found', 'there is no error of that code', { errors })
    }
    switch (formOf(call.headers.accept, 'json')) {
      case 'html':
        return page(problemHtml(entry), CACHED)
      case 'json':
        return { status: 200, headers: CACHED, body: entry }
      case 'markdown':
        return text(problemMarkdown(entry), MARKDOWN)
    }
  }

  function oneOf(pages: readonly GuidePage[], name: string, call: Call): Reply | Problem {
    const found = pages.find((each) => `${each.name}.md` === name)
    if (found !== undefined) {
      return formOf(call.headers.accept, 'markdown') === 'html'
        ? page(documentationHtml(found), CACHED)
        : text(found.text, MARKDOWN)
    }
    const hint = 'The pages are listed in /docs/README.md.'
    const errors = [{ path: 'page', message: 'is no page of the documentation', hint }]
    return problem('not_found', 'there is no page of that name', { errors })
  }

  const common = {
    method: 'GET',
    permission: 'public',
    tags: ['documents'],
    problems: [],
  } as const
  const pageForms = { 'text/html': TEXT, 'text/markdown': TEXT }
  return [
    {
      ...common,
      url: '/',
      summary: 'Whether the hub works and where to go from here; a page for browsers',
      responses: {
        200: {
          description: 'HTML where it is asked for, else JSON.',
          content: { 'application/json': INDEX_SCHEMA, 'text/html': TEXT },
        },
      },
      handle: index,
    },
    {
      ...common,
      url: '/problems',
      summary: 'All errors',
      responses: {
        200: {
          description: 'JSON, or HTML or Markdown where Accept asks for them.',
          content: { 'application/json': PROBLEMS_SCHEMA, ...pageForms },
        },
      },
      handle: problems,
    },
    {
      ...common,
      url: '/problems/:code',
      summary: 'An error: what it means, usual causes, what to do, an example',
      responses: {
        200: {
          description: 'JSON, or HTML or Markdown where Accept asks for them.',
          content: { 'application/json': PROBLEM_ENTRY_SCHEMA, ...pageForms },
        },
      },
      problems: ['not_found'],
      handle: onePage,
    },
    {
      ...common,
      url: '/llms.txt',
      summary: 'The hub in one text, for agents',
      responses: { 200: { description: 'Markdown.', content: { 'text/plain': TEXT } } },
      handle: () => text(llmsText(routes(), guide()), PLAIN),
    },
    {
      ...common,
      url: '/llms-full.txt',
      summary: 'The same with the parameters of all routes and the whole guide',
      responses: { 200: { description: 'Markdown.', content: { 'text/plain': TEXT } } },
      handle: () => text(llmsFullText(routes(), guide()), PLAIN),
    },
    {
      ...common,
      url: '/docs/README.md',
      summary: 'What to read when: the pages of the documentation',
      responses: DOCUMENTATION_RESPONSES,
      problems: ['not_found'],
      handle: (call) => oneOf(pagesOf(null), 'README.md', call),
    },
    ...PAGE_FOLDERS.map(
      (folder): Route => ({
        ...common,
        url: `/docs/${folder}/:page`,
        summary: FOLDER_SUMMARIES[folder],
        responses: DOCUMENTATION_RESPONSES,
        problems: ['not_found'],
        handle: (call) => oneOf(pagesOf(folder), call.params['page'] ?? '', call),
      }),
    ),
  ]
}

const PLAIN = 'text/plain; charset=utf-8'

const DOCUMENTATION_RESPONSES = {
  200: {
    description: 'Markdown, or HTML where it is asked for.',
    content: { 'text/markdown': TEXT, 'text/html': TEXT },
  },
} as const

function page(body: string, headers: Readonly<Record<string, string>>): Reply {
  return { status: 200, mediaType: HTML_MEDIA_TYPE, headers, body }
}

function text(body: string, mediaType: string): Reply {
  return { status: 200, mediaType, headers: CACHED, body: `${body.trimEnd()}\n` }
}

/** A Host header is what somebody sent: only what can be part of a URL gets into a page. */
function urlOf({ headers }: Call): string {
  const host = headers.host ?? ''
  return /^[\w.-]{1,253}(?::\d{1,5})?$|^\[[\da-f:.]+\](?::\d{1,5})?$/i.test(host)
    ? `http://${host}`
    : 'http://127.0.0.1:8080'
}

const INDEX_SCHEMA = {
  type: 'object',
  required: ['name', 'version', 'ready', 'reasons', 'links'],
  properties: {
    name: TEXT,
    version: TEXT,
    ready: { type: 'boolean' },
    reasons: { type: 'array', items: TEXT },
    links: { type: 'object', additionalProperties: TEXT },
  },
  additionalProperties: false,
} as const

const PROBLEM_ENTRY_SCHEMA = {
  type: 'object',
  required: ['code', 'scope', 'status', 'title', 'hint', 'causes', 'example'],
  properties: {
    code: TEXT,
    scope: { enum: ['event', 'request'] },
    status: { type: 'integer' },
    title: TEXT,
    hint: { type: 'string', description: 'What to do.' },
    causes: { type: 'array', items: TEXT },
    example: { type: ['object', 'null'], description: 'A request that ends in it.' },
  },
  additionalProperties: false,
} as const

const PROBLEMS_SCHEMA = {
  type: 'object',
  required: ['problems'],
  properties: { problems: { type: 'array', items: PROBLEM_ENTRY_SCHEMA } },
  additionalProperties: false,
} as const
