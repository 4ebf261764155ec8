import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { inFolder } from '../support/folder.ts'
import { ADMIN_KEY, type HubProcess, pause, withHub } from '../support/hub-process.ts'
import { openFiles, residentMb } from '../support/process-measures.ts'
import { Traffic } from '../support/traffic.ts'
import { FaultFound } from './fault-found.ts'
import { percentile } from './kill-cycles.ts'
import { Ledger } from './ledger.ts'
import { startLoad } from './load.ts'

/**
 * Clients that take their time: a header byte by byte, a body byte by byte, an answer that is never
 * read. Those that do not finish a request are closed at its deadline; the good ones notice nothing.
 */

export interface SlowClientsOptions {
  readonly seed: number
  /** Connections of each sort. */
  readonly each: number
}

export interface SlowClientsReport {
  readonly acknowledged: number
  /** Seconds until the last of each sort was closed. */
  readonly headersClosedAfter: number
  readonly bodiesClosedAfter: number
  /** p99 of good requests, before and while the slow ones were there. */
  readonly p99BeforeMs: number
  readonly p99DuringMs: number
  readonly growthMb: number
}

/** The documented limits are 10 s and 30 s, looked at every second; the rest is a slow machine. */
const HEADERS_WITHIN_S = 20
const BODIES_WITHIN_S = 45
const ALONE_MS = 3000
const DRIP_MS = 500
const EVENTS = 4000
const STORE_MB = 256
/** Of the store, of answers that wait for their readers, and of the load itself. */
const MOST_GROWTH_MB = STORE_MB + 200
/** Answer time that a good client may see beyond ten times the usual one. */
const SLACK_MS = 2000
const SETTLES_WITHIN_MS = 20_000
const SPARE_FILES = 16

interface Slow {
  readonly closed: Promise<number>
  readonly destroy: () => void
}

/** @throws FaultFound */
export function runSlowClients(options: SlowClientsOptions): Promise<SlowClientsReport> {
  const { seed, each } = options
  return inFolder((folder) => {
    const start = {
      dataDir: join(folder, 'data'),
      settings: { log_level: 'warn', 'store.memory_mb': STORE_MB },
    }
    const ledger = new Ledger()
    return withHub(start, async (hub) => {
      const traffic = new Traffic({ seed, name: 'rows' })
      for (let sent = 0; sent < EVENTS; sent += 500) await ledger.send(hub, traffic.batch(500))
      const alone = startLoad(hub, ledger, { seed, name: 'alone', mayLose: false })
      await pause(ALONE_MS)
      const before = percentile((await alone.end()).tookMs, 0.99)
      const files = openFiles(hub.pid)
      const memory = residentMb(hub.pid)
      const good = startLoad(hub, ledger, { seed: seed + 1, name: 'good', mayLose: false })
      const heads = many(each, () =>
        drip(hub, 'POST /api/v1/events HTTP/1.1\r\nHost: hub\r\nX-Slow: '),
      )
      const bodies = many(each, () => drip(hub, head('POST', '/api/v1/events', 100_000)))
      const readers = many(each, () => neverReads(hub))
      try {
        const headersClosedAfter = Math.max(...(await Promise.all(heads.map((one) => one.closed))))
        const bodiesClosedAfter = Math.max(...(await Promise.all(bodies.map((one) => one.closed))))
        const growthMb = residentMb(hub.pid) - memory
        const during = percentile((await good.end()).tookMs, 0.99)
        if (headersClosedAfter > HEADERS_WITHIN_S || bodiesClosedAfter > BODIES_WITHIN_S) {
          throw new FaultFound(
            `slow clients were closed after ${headersClosedAfter} and ${bodiesClosedAfter} s`,
          )
        }
        if (during > before * 10 + SLACK_MS) {
          throw new FaultFound(`good clients waited ${during} ms instead of ${before} (p99)`)
        }
        if (growthMb > MOST_GROWTH_MB) throw new FaultFound(`memory grew by ${growthMb} MB`)
        for (const one of readers) one.destroy()
        const deadline = performance.now() + SETTLES_WITHIN_MS
        while (openFiles(hub.pid) > files + SPARE_FILES && performance.now() < deadline) {
          await pause(100)
        }
        if (openFiles(hub.pid) > files + SPARE_FILES) {
          throw new FaultFound(`${files} files before, ${openFiles(hub.pid)} afterwards`)
        }
        await ledger.check(hub)
        return {
          acknowledged: ledger.acknowledged.size,
          headersClosedAfter,
          bodiesClosedAfter,
          p99BeforeMs: before,
          p99DuringMs: during,
          growthMb,
        }
      } finally {
        for (const one of [...heads, ...bodies, ...readers]) one.destroy()
      }
    })
  })
}

function many<T>(count: number, make: () => T): T[] {
  return Array.from({ length: count }, make)
}

function head(method: string, path: string, length: number): string {
  return [
    `${method} ${path} HTTP/1.1`,
    'Host: hub',
    `Authorization: Bearer ${ADMIN_KEY}`,
    'Content-Type: application/json',
    `Content-Length: ${length}`,
    '\r\n',
  ].join('\r\n')
}

function open(hub: HubProcess): Socket {
  const { hostname, port } = new URL(hub.url)
  return connect({ host: hostname, port: Number(port) }).on('error', () => undefined)
}

/** Sends `first` at once and then one byte after the other; `closed` is the seconds until the end. */
function drip(hub: HubProcess, first: string): Slow {
  const socket = open(hub)
  const since = performance.now()
  socket.write(first)
  const timer = setInterval(() => socket.write(' '), DRIP_MS)
  socket.resume()
  const closed = new Promise<number>((resolve) => {
    socket.once('close', () => {
      clearInterval(timer)
      resolve((performance.now() - since) / 1000)
    })
  })
  return { closed, destroy: () => socket.destroy() }
}

/** Asks for lists of events again and again and reads none of the answers. */
function neverReads(hub: HubProcess): Slow {
  const socket = open(hub)
  socket.pause()
  const question = JSON.stringify({
    kind: 'list',
    from: '2026-01-05T00:00:00Z',
    to: '2026-01-06T00:00:00Z',
    limit: 1000,
  })
  for (let i = 0; i < 5; i++) {
    socket.write(head('POST', '/api/v1/query', question.length) + question)
  }
  return { closed: Promise.resolve(0), destroy: () => socket.destroy() }
}
