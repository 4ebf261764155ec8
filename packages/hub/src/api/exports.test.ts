import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { afterEach, expect, it } from 'vitest'
import type { ServiceFixture } from '../../test/service-fixture.ts'
import { startService } from '../../test/service-fixture.ts'
import type { Exporting } from '../export/export-rows.ts'
import { limitExports } from '../export/limit-exports.ts'

/*
 * An export that never comes to its end by itself, over real HTTP: its pages are made only as its
 * reader takes them, and no longer than there is one.
 */

const PAGE = [['x'.repeat(256 * 1024)]]
/** What the kernel holds for a socket at both ends, and then some: 32 MiB. */
const HELD_PAGES = 128
const ENOUGH = 4 * HELD_PAGES

let service: ServiceFixture | undefined

afterEach(async () => {
  await service?.close()
})

class EndlessExport {
  made = 0
  #end: () => void = () => {}
  readonly ended = new Promise<void>((resolve) => {
    this.#end = resolve
  })

  readonly start: Exporting['start'] = async () => ({
    ok: true,
    snapshot: { position: new Map([[0, 1n]]), pages: this.#pages() },
  })

  async *#pages(): AsyncGenerator<typeof PAGE> {
    try {
      while (this.made < ENOUGH) {
        this.made++
        yield PAGE
      }
    } finally {
      this.#end()
    }
  }
}

async function serve(endless: EndlessExport): Promise<{ service: ServiceFixture; key: string }> {
  service = await startService({
    exporting: { start: limitExports(endless.start, 1), countsAlike: () => false },
  })
  return { service, key: service.key(['query:read']) }
}

const PATH = '/api/v1/export/events?format=csv&fields=event_id'

/** Asks for an export and takes nothing of it but the beginning. */
async function pausedReader(port: number, key: string): Promise<Socket> {
  const socket = connect(port, '127.0.0.1')
  socket.write(`GET ${PATH} HTTP/1.1\r\nhost: hub\r\nauthorization: Bearer ${key}\r\n\r\n`)
  await once(socket, 'readable')
  return socket
}

it('makes no more pages than a reader who has paused leaves room for', async () => {
  const endless = new EndlessExport()
  const { service: hub, key } = await serve(endless)
  const socket = await pausedReader(hub.port, key)
  // The hub has all the turns that it would need to make every page.
  for (let turn = 0; turn < 60; turn++) await (await fetch(`${hub.url}/health`)).text()
  expect(endless.made).toBeLessThan(HELD_PAGES)
  socket.destroy()
  await endless.ended
})

it('refuses exports beside those that may run, until their readers are gone', async () => {
  const endless = new EndlessExport()
  const { service: hub, key } = await serve(endless)
  const ask = (): Promise<Response> =>
    fetch(`${hub.url}${PATH}`, { headers: { authorization: `Bearer ${key}` } })
  const socket = await pausedReader(hub.port, key)
  const refused = await ask()
  expect(refused.status).toBe(503)
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0)
  expect(await refused.json()).toMatchObject({ code: 'too_many_queries' })
  socket.destroy()
  await endless.ended
  const next = await ask()
  expect(next.status).toBe(200)
  await next.body?.cancel()
})
