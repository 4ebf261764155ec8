import { readdirSync, readFileSync } from 'node:fs'

/** What Linux says about a process; 0 once it has ended. */

/** Resident memory in MB. */
export function residentMb(pid: number): number {
  const kilobytes = whileAlive(() =>
    /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')),
  )
  return Number(kilobytes?.[1] ?? 0) / 1024
}

/** Open files and sockets. */
export function openFiles(pid: number): number {
  return whileAlive(() => readdirSync(`/proc/${pid}/fd`))?.length ?? 0
}

function whileAlive<T>(read: () => T): T | null {
  try {
    return read()
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ESRCH') return null
    throw error
  }
}
