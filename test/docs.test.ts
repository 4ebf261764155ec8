import { existsSync, globSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const DOCUMENTS = globSync(['*.md', 'docs/**/*.md', 'packages/*/*.md'], { cwd: ROOT }).sort()

interface Link {
  readonly target: string
  readonly line: number
}

/** Links and images of a Markdown text, with those in code left out. */
function linksOf(text: string): Link[] {
  const links: Link[] = []
  let fence: string | undefined
  for (const [i, line] of text.split('\n').entries()) {
    const mark = /^\s*(```+|~~~+)/.exec(line)?.[1]
    if (mark !== undefined) {
      if (fence === undefined) fence = mark
      else if (mark.startsWith(fence)) fence = undefined
      continue
    }
    if (fence !== undefined) continue
    const prose = line.replace(/`[^`]*`/g, (code) => ' '.repeat(code.length))
    for (const match of prose.matchAll(
      /\]\(\s*<?([^)\s>]+)>?(?:\s+"[^"]*")?\s*\)|^\[[^\]]+\]:\s+<?(\S+?)>?$/g,
    )) {
      // Code inside the link's text was blanked out with its brackets kept, so the target is intact.
      links.push({ target: (match[1] ?? match[2]) as string, line: i + 1 })
    }
  }
  return links
}

/** The anchors of a text's headings, made as GitHub makes them: the second equal one gets `-1`. */
function anchorsOf(text: string): Set<string> {
  const anchors = new Set<string>()
  const seen = new Map<string, number>()
  for (const [, heading] of text
    .replace(/^(```+|~~~+)[^]*?^\1/gm, '')
    .matchAll(/^#{1,6}\s+(.+?)\s*#*$/gm)) {
    const slug = (heading as string)
      .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replace(/\s/g, '-')
    const count = seen.get(slug) ?? 0
    seen.set(slug, count + 1)
    anchors.add(count === 0 ? slug : `${slug}-${count}`)
  }
  return anchors
}

/** What is wrong with a link of `file`; `undefined` when it leads somewhere or away from the repository. */
function problemOf(file: string, target: string): string | undefined {
  if (/^[a-z][a-z+.-]*:/i.test(target)) return undefined
  const [path = '', anchor] = target.split('#')
  const file2 = path === '' ? file : resolve(dirname(file), decodeURIComponent(path))
  if (relative(ROOT, file2).startsWith('..')) return 'leads out of the repository'
  if (!existsSync(file2)) return 'leads to nothing'
  if (anchor === undefined) return undefined
  if (!file2.endsWith('.md')) {
    const lines = /^L(\d+)$/.exec(anchor)?.[1]
    if (lines === undefined || statSync(file2).isDirectory())
      return 'has an anchor into what has none'
    return readFileSync(file2, 'utf8').split('\n').length < Number(lines)
      ? 'leads past the end'
      : undefined
  }
  return anchorsOf(readFileSync(file2, 'utf8')).has(anchor)
    ? undefined
    : `has no heading #${anchor}`
}

describe('links', () => {
  it('are found where they are', () => {
    expect(DOCUMENTS).toContain('CONTRIBUTING.md')
    const text = [
      '[a](b.md) ![c](d.png "t")',
      '[`e`](f.md#g)',
      '`[h](i)`',
      '```',
      '[j](k)',
      '```',
      '[l]: m.md',
    ].join('\n')
    expect(linksOf(text).map(({ target, line }) => `${line} ${target}`)).toEqual([
      '1 b.md',
      '1 d.png',
      '2 f.md#g',
      '7 m.md',
    ])
    expect([...anchorsOf('# A `b` & c\n## A b  c\n## D\n### D\n```\n# no\n```')]).toEqual([
      'a-b--c',
      'a-b--c-1',
      'd',
      'd-1',
    ])
  })

  it('that lead nowhere are noticed', () => {
    const file = join(ROOT, 'CONTRIBUTING.md')
    expect(problemOf(file, 'https://example.org/x')).toBeUndefined()
    expect(problemOf(file, '#recipes')).toBeUndefined()
    expect(problemOf(file, 'test/docs.test.ts#L1')).toBeUndefined()
    expect(problemOf(file, '#recipe')).toContain('no heading')
    expect(problemOf(file, 'absent.md')).toContain('nothing')
    expect(problemOf(file, '../absent.md')).toContain('out of the repository')
    expect(problemOf(file, 'package.json#name')).toContain('anchor')
    expect(problemOf(file, 'test/docs.test.ts#L9999')).toContain('past the end')
  })

  it.each(DOCUMENTS)('of %s lead somewhere', (document) => {
    const file = join(ROOT, document)
    const broken = linksOf(readFileSync(file, 'utf8')).flatMap(({ target, line }) => {
      const problem = problemOf(file, target)
      return problem === undefined ? [] : [`${document}:${line}: ${target} ${problem}`]
    })
    expect(broken).toEqual([])
  })
})

describe('the index of the documentation', () => {
  it('leads to every page of it', () => {
    const index = join(ROOT, 'docs/README.md')
    const linked = linksOf(readFileSync(index, 'utf8')).map(({ target }) =>
      relative(ROOT, resolve(dirname(index), target.split('#')[0] ?? '')),
    )
    const pages = DOCUMENTS.filter((page) => page.startsWith('docs/') && page !== 'docs/README.md')
    expect(pages.length).toBeGreaterThan(20)
    expect(pages.filter((page) => !linked.includes(page))).toEqual([])
  })
})

describe('commands', () => {
  const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
    readonly scripts: Readonly<Record<string, string>>
  }

  /** Names of the scripts that a text tells the reader to run. */
  const commandsOf = (text: string): string[] =>
    [...text.matchAll(/\bnpm (?:run (?:--silent )?([\w:-]+)|(start|test)\b)/g)].map(
      ([, run, short]) => (run ?? short) as string,
    )

  it('are found where they are', () => {
    expect(
      commandsOf('`npm start`, `npm run check`, npm test -- x, npm run test:data, npm ci'),
    ).toEqual(['start', 'check', 'test', 'test:data'])
  })

  it.each(['.ci/run', ...DOCUMENTS])('of %s exist', (document) => {
    const commands = commandsOf(readFileSync(join(ROOT, document), 'utf8'))
    expect(commands.filter((name) => manifest.scripts[name] === undefined)).toEqual([])
  })

  it('of CONTRIBUTING.md are all there are for people', () => {
    const named = new Set(commandsOf(readFileSync(join(ROOT, 'CONTRIBUTING.md'), 'utf8')))
    const all = [
      'bench',
      'bench:algorithms',
      'bench:stream',
      'build',
      'check',
      'demo',
      'format',
      'make-release-fixture',
      'start',
      'test',
      'test:faults',
    ]
    expect([...named].sort()).toEqual(all)
  })
})
