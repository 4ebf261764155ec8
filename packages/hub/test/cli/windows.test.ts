import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { EXIT } from '../../src/cli/exit-codes.ts'
import { runCli } from '../../src/cli/program.ts'
import {
  type ContextSetting,
  rememberingContext,
} from '../../src/cli/remembering-context.fixture.ts'
import { type CliRun, run } from '../../src/cli/run-cli.fixture.ts'
import { systemClock } from '../../src/core/clock.ts'
import { type MemoryLiveSource, memoryLiveSource, result } from '../memory-live-source.ts'
import { type ServiceFixture, startService } from '../service-fixture.ts'

/** `llmhub windows …` against a real service whose results the test makes. */

let source: MemoryLiveSource
let service: ServiceFixture

beforeEach(async () => {
  source = memoryLiveSource()
  service = await startService({ live: source })
  vi.stubEnv('LLMHUB_KEY', service.key(['query:read', 'ops:write']))
})
afterEach(async () => {
  vi.unstubAllEnvs()
  await service.close()
})

const llmhub = (argv: readonly string[], setting?: ContextSetting): Promise<CliRun> =>
  run([...argv, '--url', service.url], setting)

const TTY = { terminal: { outIsTty: true, errIsTty: true, columns: 90 } } as const
const closed = (index: number) =>
  ({ index, pane: { index, timing: 'on_time', closed: true } }) as const

describe('windows', () => {
  it('are added, listed and removed', async () => {
    const added = await llmhub(
      [
        'windows',
        'add',
        'errors',
        '--measure',
        'requests.errors',
        '--window',
        '5m/1m',
        '--window',
        '1h',
      ]
        .concat('--by', 'service', '--where', 'environment=production', '--lateness', '2m')
        .concat('-o', 'table'),
    )
    expect([added.code, added.out]).toEqual([0, ''])
    expect(added.err).toContain('Watch it: llmhub windows watch errors')
    const listed = await llmhub(['windows', 'list'], TTY)
    expect(listed.out).toMatch(/^calls +1m 1h +\(each\) +model +2026-11-21 10:00:00Z +no /m)
    expect(listed.out).toMatch(/^errors +5m\/1m 1h +\(each\) +service /m)
    const bySize = await llmhub(['windows', 'list', '--sizes', '-o', 'table'])
    expect(bySize.out.match(/^(calls|errors)/gm)).toEqual(['calls', 'calls', 'errors', 'errors'])
    const documents = JSON.parse((await llmhub(['windows', 'list'])).out) as { name: string }[]
    const [, own] = documents
    expect(own).toMatchObject({
      name: 'errors',
      lateness: '2m',
      where: { all: [{ field: 'environment', op: 'eq', value: 'production' }] },
    })
    const removed = await llmhub(['windows', 'remove', 'errors', '-o', 'json'])
    expect(removed.err).toContain('Removed errors')
    // What was removed can be had back as it was printed.
    const back = await llmhub(['windows', 'add', '--file', '-'], {
      stdin: () => Promise.resolve(removed.out),
    })
    expect([back.code, JSON.parse(back.out)]).toMatchObject([
      0,
      { name: 'errors', by: ['service'] },
    ])
    expect(source.definitions().map(({ name }) => name)).toEqual(['calls', 'errors'])
  })

  it('that are wrong say what is, and nothing is changed', async () => {
    const wrong = await llmhub([
      'windows',
      'add',
      'x',
      '--measure',
      'request.count',
      '--by',
      'modle',
    ])
    expect(wrong.code).toBe(EXIT.usage)
    expect(wrong.err).toContain('/measures/0: "request.count" is no measure')
    expect(wrong.err).toContain('Did you mean requests.count?')
    expect(wrong.err).toContain('/by/0: "modle" is no dimension')
    expect((await llmhub(['windows', 'add', 'x'])).err).toContain('give at least one --measure')
    expect((await llmhub(['windows', 'add'])).err).toContain('give a name, or --file')
    const trial = await llmhub(['windows', 'add', 'x', '--measure', 'cost.total', '--dry-run'])
    expect([trial.code, trial.err]).toEqual([0, 'x is valid. Nothing was changed.\n'])
    expect((await llmhub(['windows', 'remove', 'x'])).code).toBe(EXIT.notFound)
    expect((await llmhub(['windows', 'remove', 'calls'])).code).toBe(EXIT.conflict)
    expect(source.definitions()).toHaveLength(1)
  })
})

interface LiveResult {
  readonly closed: boolean
  readonly values: Readonly<Record<string, unknown>>
}

describe('watching', () => {
  it('prints what there is as lines of JSON in a pipe', async () => {
    source.tell(result('gpt-4o', 3), result('claude', 2, closed(1)))
    const watched = await llmhub([
      'windows',
      'watch',
      'calls',
      '--for',
      '0',
      '--where',
      'model~gpt',
    ])
    expect(watched.code).toBe(0)
    const rows = watched.out.trim().split('\n')
    expect(rows.map((line) => JSON.parse(line) as unknown)).toMatchObject([
      { key: { model: 'gpt-4o' }, values: { 'requests.count': 3 }, closed: false },
    ])
  })

  it('prints in a pipe the measures and as many closed windows as were asked for', async () => {
    source.tell(result('gpt-4o', 3), result('claude', 2, closed(1)), result('o1', 1, closed(1)))
    const asked = ['windows', 'watch', 'calls', '--for', '0', '--measure', 'cost.total', '-n', '1']
    const watched = await llmhub(asked)
    const rows = watched.out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as LiveResult)
    expect(rows.map(({ closed: isClosed }) => isClosed)).toEqual([true, false])
    expect(rows.map(({ values }) => values)).toEqual([
      { 'cost.total': '0.25' },
      { 'cost.total': '0.25' },
    ])
  })

  it('shows closed windows one below the other and open ones beneath, which change in place', async () => {
    source.tell(result('gpt-4o', 3, closed(1)), result('claude', 7, { minute: 1 }))
    const interrupt = new AbortController()
    const { context, written } = rememberingContext({ ...TTY, signal: interrupt.signal })
    const running = runCli(['windows', 'watch', 'calls', '--url', service.url], context, '9.9.9')
    await expect.poll(() => written.out).toContain('1 open')
    expect(written.out.replaceAll(/ \(.*? ago\)/g, '')).toBe(
      [
        'WINDOW (UTC)         MODEL                   REQUESTS.COUNT  COST.TOTAL',
        '11-21 10:00–10:01    gpt-4o                               3       $0.25',
        '── calls 1m · 1 open · complete up to 10:00:00Z',
        '11-21 10:01–10:02    claude                               7       $0.25',
        '',
      ].join('\n'),
    )
    const before = written.out.length
    source.tell(result('claude', 8, { minute: 1, ...closed(1) }))
    await expect.poll(() => written.out.slice(before)).toContain('0 open')
    expect(written.out.slice(before).replaceAll(/ \(.*? ago\)/g, '')).toBe(
      '\u001b[2A\u001b[J11-21 10:01–10:02    claude                               8       $0.25\n' +
        '── calls 1m · 0 open · complete up to 10:00:00Z\n',
    )
    source.tell(
      result('gpt-4o', 4, closed(2)),
      result('claude', 0, { minute: 1, removed: true, ...closed(2) }),
    )
    await expect.poll(() => written.out).toContain('4       $0.25  (corrected)\n')
    expect(written.out).toContain('0       $0.25  (no rows any more)\n')
    interrupt.abort()
    expect(await running).toBe(0)
    expect(written.err).toMatch(/^5 results in [\d.]+s\n$/)
  })

  it.each([
    [['windows', 'watch', 'cals'], EXIT.usage, 'Did you mean calls?'],
    [['windows', 'watch', 'calls', '--size', '2m'], EXIT.usage, 'it has 1m, 1h'],
    [['windows', 'watch', 'calls', '-o', 'csv'], EXIT.usage, 'expected table or ndjson'],
    [['windows', 'watch', 'calls', '--measure', 'x'], EXIT.usage, 'calls has requests.count'],
    [
      ['windows', 'watch', 'calls', '--measure', 'x', '-o', 'table'],
      EXIT.usage,
      'calls has requests.count',
    ],
  ])('of what is not there ends at once: %j', async (argv, code, message) => {
    const watched = await llmhub(argv)
    expect([watched.code, watched.err]).toEqual([code, expect.stringContaining(message)])
  })

  it('goes on where it was when a connection breaks, and ends when the hub is done', async () => {
    const requests: IncomingMessage[] = []
    const event = (name: string, data: object, id?: string): string =>
      `${id === undefined ? '' : `id: ${id}\n`}event: ${name}\ndata: ${JSON.stringify(data)}\n\n`
    const row = (count: number): object => ({ start: 'a', key: {}, values: { count } })
    const snapshot = { definition: 'calls', size: '1m', by: [], measures: [], updates: [row(1)] }
    const answers = [
      event('snapshot', snapshot, 'run-7') + event('bye', { reason: 'shutdown', retryAfter: 1 }),
      null,
      // Cut off within a message, which does not count.
      `: heartbeat\nid: run-9\n\n${event('delta', { updates: [row(2)] }, 'run-12').slice(0, -5)}`,
      event('notice', { reason: 'resumed', missed: 1 }) +
        event('delta', { updates: [row(3)] }, 'run-13') +
        event('notice', { reason: 'lagging', lagMs: 12_000 }) +
        event('bye', { reason: 'done', retryAfter: null }),
    ]
    const server = createServer((request, response) => {
      requests.push(request)
      const answer = answers[requests.length - 1]
      if (answer === null || answer === undefined) {
        response.writeHead(503, { 'content-type': 'application/problem+json' })
        response.end('{"code":"overloaded","title":"Hub is overloaded"}')
        return
      }
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.end(answer)
    })
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve)
    })
    const { port } = server.address() as AddressInfo
    const waits: number[] = []
    // Waits between connections are over at once; the one for silence is not.
    const clock = {
      ...systemClock,
      hold: (ms: number, done: () => void) => {
        if (ms >= 30_000) return systemClock.hold(ms, done)
        waits.push(ms)
        return systemClock.hold(0, done)
      },
    }
    const watched = await run(['windows', 'watch', 'calls', '--url', `http://127.0.0.1:${port}`], {
      clock,
    })
    server.closeAllConnections()
    await new Promise((resolve) => {
      server.close(resolve)
    })
    expect(watched.code).toBe(0)
    expect(requests.map(({ headers }) => headers['last-event-id'])).toEqual([
      undefined,
      'run-7',
      'run-7',
      'run-9',
    ])
    const rows = watched.out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { values: object })
    expect(rows.map(({ values }) => values)).toEqual([{ count: 1 }, { count: 3 }])
    expect(watched.err.split('\n').slice(0, 5)).toEqual([
      'the hub is stopping: reconnecting …',
      'connected again',
      'the connection has ended: reconnecting …',
      'connected again',
      'results are 12s behind what comes in',
    ])
    expect(waits).toEqual([1000, 500, 250])
  })
})
