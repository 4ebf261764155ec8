import { ERROR_NOTES, type ErrorCode, errorSpec } from '@llmhub/schema'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { runCli } from '../../src/cli/program.ts'
import { systemClock } from '../../src/core/clock.ts'
import { commandLine } from '../command-line.ts'
import { WholeHub } from './whole-hub.ts'

/** What was taken in, read back: by the API and on the command line, across a restart of the hub. */

const NOW = Date.now()
const at = (ms: number): string => new Date(NOW - 60_000 + ms).toISOString()

function call(id: string, ms: number, more: object = {}): object {
  return {
    common: { event_id: id, timestamp: at(ms), tags: { team: 'search' } },
    payload: {
      type: 'llm_request',
      provider: 'openai',
      model_id: 'gpt-4o',
      request_id: `request-${id}`,
      usage: { input_tokens: 1000, output_tokens: 100 },
      latency_ms: 200,
      session_id: 's1',
      user_id: 'ann',
      ...more,
    },
  }
}

function span(id: string, parent: string | null, ms: number, duration: number): object {
  return {
    common: { event_id: `span-${id}`, timestamp: at(ms) },
    payload: {
      type: 'span',
      name: id,
      trace_id: 't1',
      span_id: id,
      ...(parent === null ? {} : { parent_span_id: parent }),
      duration_ms: duration,
    },
  }
}

const EVENTS = [
  call('a', 0),
  call('b', 1000, { status: 'error', error_type: 'rate_limit' }),
  {
    common: { event_id: 'a-usage', timestamp: at(1) },
    payload: {
      type: 'token_usage',
      provider: 'openai',
      model_id: 'gpt-4o',
      request_id: 'request-a',
      usage: { input_tokens: 1000, output_tokens: 100 },
    },
  },
  span('root', null, 2000, 900),
  span('step', 'root', 2100, 300),
  call('in/trace?', 2500, {
    trace_id: 't1',
    span_id: 'llm',
    parent_span_id: 'root',
    latency_ms: 400,
  }),
]

describe('what was taken in can be read', () => {
  let hub: WholeHub

  beforeAll(async () => {
    hub = await WholeHub.in()
    await hub.mustStart()
    const { body } = await hub.send(EVENTS)
    if (body['accepted'] !== EVENTS.length) throw new Error(JSON.stringify(body))
  })

  afterAll(async () => {
    vi.unstubAllEnvs()
    await hub.remove()
  })

  it('page by page, with a link to the next one', async () => {
    const headers = hub.headers
    const seen: unknown[] = []
    let next: string | null = '/api/v1/events?limit=2&where=family:telemetry'
    while (next !== null) {
      const response: Response = await fetch(`${hub.url}${next}`, { headers })
      const page = (await response.json()) as { events: { event_id: string }[]; next: unknown }
      seen.push(...page.events.map(({ event_id: id }) => id))
      const link = /^<(.*)>; rel="next"$/.exec(response.headers.get('link') ?? '')
      expect(link === null).toBe(page.next === null)
      next = link?.[1] ?? null
    }
    expect(seen).toEqual(['in/trace?', 'span-step', 'span-root', 'b', 'a'])
  })

  it('with every stored field, or those asked for', async () => {
    const { body } = await hub.call('/api/v1/events?where=event_id:a')
    expect(body['events']).toMatchObject([
      {
        event_id: 'a',
        project: 'default',
        counted: true,
        tags: { team: 'search' },
        cost: '0.0035',
        price_source: 'package',
        price_rule: 'openai/gpt-4o',
        input_tokens: 1000,
        latency: 200,
        user: 'ann',
      },
    ])
    const fields = '/api/v1/events?fields=model_id,tag.team,ttft&where=status=error'
    expect((await hub.call(fields)).body['events']).toEqual([
      { model: 'gpt-4o', 'tag.team': 'search', ttft: null },
    ])
    const wrong = await hub.call('/api/v1/events?fields=modl&where=stats:x&limit=0')
    expect(wrong.status).toBe(400)
    expect(JSON.stringify(wrong.body)).toMatch(/model.*status|status.*model/)
  })

  it('one by one, with why a report of a call does not count', async () => {
    const { body } = await hub.call('/api/v1/events/a-usage')
    expect(body).toMatchObject({
      event: { event_id: 'a-usage', counted: false },
      reports: [
        { event_id: 'a', counted: true },
        { event_id: 'a-usage', counted: false, why: expect.stringContaining('a counts') as string },
      ],
    })
    expect((await hub.call(`/api/v1/events/${encodeURIComponent('in/trace?')}`)).status).toBe(200)
    const { status, body: problem } = await hub.call('/api/v1/events/never')
    expect(status).toBe(404)
    expect(JSON.stringify(problem)).toContain('dead-letters')
    const all = await hub.call('/api/v1/events?reports=all&kind=token_usage')
    expect(all.body['events']).toMatchObject([{ event_id: 'a-usage', counted: false }])
  })

  it('as a trace and as a conversation', async () => {
    const { body } = await hub.call('/api/v1/traces/t1')
    expect(body).toMatchObject({
      spans: 3,
      duration_ms: 900,
      cost: '0.0035',
      critical_path: [{ name: 'root' }, { name: 'step' }, { name: 'gpt-4o' }],
      root: { name: 'root', self_ms: 200, children: [{ name: 'step' }, { name: 'gpt-4o' }] },
    })
    expect((await hub.call('/api/v1/traces?order=cost')).body['traces']).toMatchObject([
      { trace_id: 't1', name: 'root', spans: 3, errors: 0 },
    ])
    expect((await hub.call('/api/v1/conversations/s1')).body).toMatchObject({
      turns: 3,
      errors: 1,
      cost: '0.0105',
      users: ['ann'],
      events: [{ event_id: 'a' }, { event_id: 'b' }, { event_id: 'in/trace?' }],
    })
    for (const path of ['traces/none', 'conversations/none']) {
      const { status, body: problem } = await hub.call(`/api/v1/${path}`)
      expect([status, JSON.stringify(problem)]).toEqual([404, expect.stringContaining('30 days')])
    }
  })

  it('on the command line', async () => {
    const show = await commandLine(hub, ['events', 'show', 'a-usage', '-o', 'table'])
    expect(show.out).toMatch(/COUNTED[^]*a counts: llm_request says more/)
    const trace = await commandLine(hub, ['trace', 't1', '-o', 'table'])
    expect(trace.out).toMatch(/^root +█+ +900ms[^]*├ step[^]*└ gpt-4o/)
    const talk = await commandLine(hub, ['conversation', 's1', '-o', 'table'])
    expect(talk.err).toContain('3 turns')
    expect((await commandLine(hub, ['trace', 'none'])).code).toBe(6)
    const args = ['tail', '--no-follow', '-n', '2', '--where', 'user=ann', '-o', 'table']
    const tail = await commandLine(hub, args)
    expect(tail.out.split('\n').filter((line) => line.includes('gpt-4o'))).toHaveLength(2)
    expect((await commandLine(hub, ['tail', '--where', 'x'])).err).toContain('field=value')
  })

  it.each(
    Object.entries(ERROR_NOTES).flatMap(([code, { example }]) =>
      example === undefined ? [] : [[code, example] as const],
    ),
  )('the example of %s ends in it', async (code, { method, path, body, keyless, mediaType }) => {
    const response = await fetch(`${hub.url}${path}`, {
      method,
      headers: {
        ...(keyless === true ? {} : hub.headers),
        ...(method === 'POST' ? { 'content-type': mediaType ?? 'application/json' } : {}),
      },
      body: body ?? null,
    })
    const answer = (await response.json()) as {
      code?: string
      results?: readonly { code: string }[]
    }
    expect(answer.code ?? answer.results?.[0]?.code).toBe(code)
    expect(response.status).toBe(errorSpec(code as ErrorCode).status)
  })

  it('as it arrives, across a restart, nothing twice and nothing left out; Ctrl-C ends it well', async () => {
    const stop = new AbortController()
    let out = ''
    let err = ''
    const waiting = new Set<() => void>()
    const note = (): void => {
      for (const look of waiting) look()
    }
    const until = (condition: () => boolean): Promise<void> =>
      new Promise((resolve) => {
        const look = (): void => {
          if (!condition()) return
          waiting.delete(look)
          resolve()
        }
        waiting.add(look)
        look()
      })
    const terminal = {
      out: (text: string) => {
        out += text
        note()
      },
      err: (text: string) => {
        err += text
        note()
      },
      outIsTty: false,
      errIsTty: false,
      color: false,
      columns: 80,
    }
    const own = await WholeHub.in()
    await own.mustStart()
    // It has to be found again after the restart.
    const { port } = new URL(own.url)
    await own.send([call('old', 0), call('older', 1)])
    vi.stubEnv('LLMHUB_KEY', own.headers['authorization']?.replace('Bearer ', '') ?? '')
    const running = runCli(
      ['tail', '-n', '1', '--url', own.url, '--fields', 'event_id'],
      { terminal, clock: systemClock, signal: stop.signal, stdin: async () => '' },
      '0.0.0',
    )
    await until(() => out.includes('older'))
    await own.send([call('new', 2)])
    await until(() => out.includes('"new"'))
    await own.stop()
    await until(() => err.includes('reconnecting'))
    expect(await own.startOn(port)).toBe(true)
    await own.send([call('newer', 3)])
    await until(() => out.includes('newer'))
    stop.abort()
    expect(await running).toBe(0)
    expect(out).toBe('older new newer '.replaceAll(/(\w+) /g, '{"event_id":"$1"}\n'))
    expect(err).toMatch(/connected again\n3 events in .* · 0 errors/)
    await own.remove()
  })
})
