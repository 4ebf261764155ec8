import { readFileSync } from 'node:fs'
import { availableParallelism, freemem, platform, release, totalmem } from 'node:os'
import { threadPoolSize } from '../../config/load.ts'
import type { Config } from '../../config/options.ts'
import { bytes } from '../formats.ts'
import { type Finding, ok, problem, warning } from './finding.ts'

/** Checks of the machine and of this process. What they look at is an argument, with what is so as default. */

const OLDEST = { major: 22, minor: 18 }

export function checkNode(version: string = process.versions.node): Finding {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  const isEnough = major > OLDEST.major || (major === OLDEST.major && minor >= OLDEST.minor)
  const machine = `${platform()} ${release()}, ${availableParallelism()} cores`
  if (isEnough) return ok('node', `Node ${version} on ${machine}`)
  return problem(
    'node',
    `Node ${version} is too old: ${OLDEST.major}.${OLDEST.minor} or newer is needed`,
    'Install Node 24 from https://nodejs.org; in a clone: npm ci',
  )
}

export interface Limits {
  /** Bytes that this process and those beside it in its container may use; null without a limit. */
  readonly container: number | null
  /** Bytes of address space (`ulimit -v`); null without a limit, or where the system does not say. */
  readonly addressSpace: number | null
  readonly total: number
  readonly free: number
}

export function limitsHere(): Limits {
  const constrained = process.constrainedMemory()
  const total = totalmem()
  return {
    container: constrained > 0 && constrained < total ? constrained : null,
    addressSpace: addressSpaceLimit(),
    total,
    free: freemem(),
  }
}

function addressSpaceLimit(): number | null {
  try {
    const found = /^Max address space\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))
    return found === null ? null : Number(found[1])
  } catch {
    return null
  }
}

const MIB = 1024 * 1024
/** What the hub needs beside the database engine: rows on their way, the index of ids, the program itself. */
const BESIDE_STORE = 400 * MIB
const LEAST_STORE_MB = 128
/** V8 reserves this much address space for the threads of the hub, without using it (measured with Node 24). */
const ADDRESS_SPACE = 8_000_000 * 1024

/** Whether there is memory for the hub as it is configured. */
export function checkMemory(config: Pick<Config, 'store.memory_mb'>, limits: Limits): Finding {
  const { addressSpace, container, total, free } = limits
  if (addressSpace !== null && addressSpace < ADDRESS_SPACE) {
    return problem(
      'memory',
      `the address space is limited to ${bytes(addressSpace)}: the hub reserves ${bytes(ADDRESS_SPACE)}, without using it, and would abort`,
      'Start it without that limit: ulimit -v unlimited; to limit real memory use a container, or MemoryMax of systemd.',
    )
  }
  const limit = container ?? total
  const whose = container === null ? 'of this machine' : 'of the container (cgroup)'
  const storeMb = config['store.memory_mb']
  const needed = storeMb * MIB + BESIDE_STORE
  if (limit < needed) {
    const room = Math.floor((limit - BESIDE_STORE) / MIB)
    return problem(
      'memory',
      `the ${bytes(limit)} ${whose} are less than the ${bytes(needed)} that the hub may come to need (store.memory_mb is ${storeMb})`,
      room >= LEAST_STORE_MB
        ? `llmhub serve --set store.memory_mb=${room}`
        : `Give it ${bytes(LEAST_STORE_MB * MIB + BESIDE_STORE)} or more, with --set store.memory_mb=${LEAST_STORE_MB}`,
    )
  }
  const said = `${bytes(free)} free of ${bytes(total)}${container === null ? '' : `, limited to ${bytes(container)}`}`
  return free < BESIDE_STORE
    ? warning(
        'memory',
        said,
        'End programs that are not needed: ps axo pid,rss,comm --sort -rss | head',
      )
    : ok('memory', said)
}

export function checkThreads(size: number = threadPoolSize()): Finding {
  return size >= 8
    ? ok('threads', `thread pool of ${size}`)
    : warning(
        'threads',
        `thread pool of ${size}: concurrent questions would hold up fsync`,
        'Start through `llmhub` or `npm start`, or set UV_THREADPOOL_SIZE=16.',
      )
}

export function checkZones(): Finding {
  const parts = new Intl.DateTimeFormat('en', {
    timeZone: 'Australia/Lord_Howe',
    timeZoneName: 'longOffset',
  }).format(Date.UTC(2026, 0, 1))
  return parts.includes('+11:00')
    ? ok('time zones', `zone data ${process.versions['tz'] ?? 'of the system'}`)
    : problem(
        'time zones',
        'zone data is missing or wrong',
        'Use a Node with full ICU: the builds of https://nodejs.org have it.',
      )
}
