import { gzipSync, zstdCompressSync } from 'node:zlib'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { ServiceFixture } from '../../test/service-fixture.ts'
import { startService } from '../../test/service-fixture.ts'

let service: ServiceFixture
let key: string

beforeAll(async () => {
  service = await startService()
  key = service.key(['ingest:write'])
})
afterAll(() => service.close())

function post(
  body: string | Uint8Array<ArrayBuffer>,
  headers: Record<string, string> = {},
  query = '',
) {
  return fetch(`${service.url}/api/v1/events${query}`, {
    method: 'POST',
    body,
    headers: {
      authorization: `Bearer ${key}`,
      'content-type': 'application/json',
      ...headers,
    },
  })
}

test('one event, an array, NDJSON, gzip and zstd reach ingest', async () => {
  const event = { common: { event_id: 'a' }, payload: { type: 'latency' } }
  const text = JSON.stringify(event)
  const lines = `${text}\n\n${text}\r\n`
  const sent: [string | Uint8Array<ArrayBuffer>, Record<string, string>, unknown[]][] = [
    [text, {}, [event]],
    [JSON.stringify([event, event]), {}, [event, event]],
    [lines, { 'content-type': 'application/x-ndjson' }, [event, event]],
    [new Uint8Array(gzipSync(text)), { 'content-encoding': 'gzip' }, [event]],
    [new Uint8Array(zstdCompressSync(text)), { 'content-encoding': 'zstd' }, [event]],
  ]
  for (const [body, headers, events] of sent) {
    const response = await post(body, headers)
    expect(response.status).toBe(200)
    expect(await response.json()).toMatchObject({ accepted: events.length })
    expect(service.intakes.at(-1)?.events).toEqual(events)
    expect(service.intakes.at(-1)?.project).toBe('default')
  }
})

test('a key is needed', async () => {
  const response = await post('{}', { authorization: '' })
  expect(response.status).toBe(401)
  expect(await response.json()).toMatchObject({ code: 'unauthenticated', status: 401 })
})
