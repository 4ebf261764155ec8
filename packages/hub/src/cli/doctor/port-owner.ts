import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { createServer } from 'node:net'

/** A process, as far as it can be told. */
export interface ProcessName {
  readonly pid: number
  /** Its command line, shortened; secrets do not belong into one. */
  readonly command: string
}

/** What Linux calls a socket that listens. */
const LISTENING = '0A'
const MOST_COMMAND = 60

/**
 * Which process listens on a port of this machine, or null where that cannot be told: on systems without
 * /proc, or when the process is another user's.
 */
export function portOwner(port: number): ProcessName | null {
  const wanted = port.toString(16).toUpperCase().padStart(4, '0')
  const inodes = new Set<string>()
  for (const table of ['/proc/net/tcp', '/proc/net/tcp6']) {
    for (const line of linesOf(table)) {
      const fields = line.trim().split(/\s+/)
      const [local = '', , state = ''] = fields.slice(1)
      if (state === LISTENING && local.endsWith(`:${wanted}`)) inodes.add(`socket:[${fields[9]}]`)
    }
  }
  if (inodes.size === 0) return null
  for (const pid of foldersOf('/proc')) {
    if (!/^\d+$/.test(pid)) continue
    for (const descriptor of foldersOf(`/proc/${pid}/fd`)) {
      if (inodes.has(linkOf(`/proc/${pid}/fd/${descriptor}`))) return processName(Number(pid))
    }
  }
  return null
}

export function processName(pid: number): ProcessName {
  const [line = ''] = linesOf(`/proc/${pid}/cmdline`)
  const command = line.replaceAll('\0', ' ').trim()
  return {
    pid,
    command: command.length > MOST_COMMAND ? `${command.slice(0, MOST_COMMAND - 1)}…` : command,
  }
}

/** `process 17 (python3 -m http.server)` */
export function shownProcess({ pid, command }: ProcessName): string {
  return command === '' ? `process ${pid}` : `process ${pid} (${command})`
}

function linesOf(path: string): string[] {
  try {
    return readFileSync(path, 'utf8').split('\n')
  } catch {
    return []
  }
}

function foldersOf(path: string): string[] {
  try {
    return readdirSync(path)
  } catch {
    return []
  }
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path)
  } catch {
    return ''
  }
}

/** Why nobody can listen there now, as the code of the system's error; null when one can. */
export function whyNotFree(host: string, port: number): Promise<string | null> {
  const server = createServer()
  return new Promise((resolve) => {
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
    server.listen(port, host, () => server.close(() => resolve(null)))
  })
}
