import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { inFolder } from '../support/folder.ts'
import { type HubProcess, pause, withHub } from '../support/hub-process.ts'
import { openFiles, residentMb } from '../support/process-measures.ts'
import { FaultFound } from './fault-found.ts'
import { Ledger } from './ledger.ts'
import { startLoad } from './load.ts'

/**
 * Thousands of connections at once, all closed and opened again as clients do when a hub comes back.
 * The writers that are among them go on; afterwards their files and memory are given back.
 */

export interface ManyConnectionsOptions {
  readonly seed: number
  readonly connections: number
  /** How often all are closed and opened again. */
  readonly storms: number
}

export interface ManyConnectionsReport {
  readonly acknowledged: number
  /** Most files the hub had open. */
  readonly most: number
  readonly growthMb: number
}

const MOST_GROWTH_MB = 250
const SETTLES_WITHIN_MS = 20_000
const SPARE_FILES = 16
const ANSWERED_WITHIN_MS = 30_000

/** @throws FaultFound */
export function runManyConnections(
  options: ManyConnectionsOptions,
): Promise<ManyConnectionsReport> {
  const { seed, connections, storms } = options
  return inFolder((folder) => {
    const start = { dataDir: join(folder, 'data'), settings: { log_level: 'warn' } }
    const ledger = new Ledger()
    return withHub(start, async (hub) => {
      const warm = startLoad(hub, ledger, { seed, name: 'warm', mayLose: false })
      await pause(1000)
      await warm.end()
      const files = openFiles(hub.pid)
      const memory = residentMb(hub.pid)
      let most = files
      const load = startLoad(hub, ledger, { seed: seed + 1, name: 'among', mayLose: false })
      for (let storm = 0; storm < storms; storm++) {
        const sockets: Socket[] = []
        try {
          await Promise.all(Array.from({ length: connections }, () => answered(hub, sockets)))
          most = Math.max(most, openFiles(hub.pid))
        } finally {
          for (const socket of sockets) socket.destroy()
        }
      }
      await load.end()
      const growthMb = residentMb(hub.pid) - memory
      if (growthMb > MOST_GROWTH_MB) throw new FaultFound(`memory grew by ${growthMb} MB`)
      const deadline = performance.now() + SETTLES_WITHIN_MS
      while (openFiles(hub.pid) > files + SPARE_FILES && performance.now() < deadline) {
        await pause(100)
      }
      if (openFiles(hub.pid) > files + SPARE_FILES) {
        throw new FaultFound(`${files} files before, ${openFiles(hub.pid)} afterwards`)
      }
      await ledger.check(hub)
      return { acknowledged: ledger.acknowledged.size, most, growthMb }
    })
  })
}

/** A connection on which the hub has answered one request. @throws FaultFound when it does not */
function answered(hub: HubProcess, sockets: Socket[]): Promise<void> {
  const { hostname, port } = new URL(hub.url)
  return new Promise((resolve, reject) => {
    const socket = connect({ host: hostname, port: Number(port) })
    sockets.push(socket)
    const timer = setTimeout(
      () => reject(new FaultFound(`no answer on connection ${sockets.length}`)),
      ANSWERED_WITHIN_MS,
    )
    socket.write('GET /health HTTP/1.1\r\nHost: hub\r\n\r\n')
    socket.once('data', (bytes) => {
      clearTimeout(timer)
      if (bytes.toString('latin1').startsWith('HTTP/1.1 200')) resolve()
      else reject(new FaultFound(`a connection got ${bytes.toString('latin1')}`))
    })
    socket.once('error', (error) => {
      clearTimeout(timer)
      reject(new FaultFound(`connection ${sockets.length} of many: ${error.message}`))
    })
  })
}
