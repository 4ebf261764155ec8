import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  rmSync,
  statfsSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:net'
import { availableParallelism, freemem, platform, release, totalmem } from 'node:os'
import { join, resolve } from 'node:path'
import { clientSettings, loadConfig, threadPoolSize } from '../../config/load.ts'
import type { Config } from '../../config/options.ts'
import { FOLDER_FORMAT, readFolderFormat } from '../../core/folder-format.ts'
import { lockFolder } from '../../core/folder-lock.ts'
import type { SchemaFound } from '../../core/migrations.ts'
import { commandOf } from '../../core/newer-format.ts'
import { request } from '../client.ts'
import { assignments, type CliContext, type GlobalOptions } from '../context.ts'
import { CliError, EXIT } from '../exit-codes.ts'
import { bytes } from '../formats.ts'
import { printable } from '../output.ts'

type State = 'ok' | 'warning' | 'error'

interface Finding {
  readonly check: string
  readonly state: State
  readonly message: string
  /** What to do; null when nothing is wrong. */
  readonly fix: string | null
}

const ok = (check: string, message: string): Finding => ({ check, state: 'ok', message, fix: null })
const warning = (check: string, message: string, fix: string): Finding => ({
  check,
  state: 'warning',
  message,
  fix,
})
const problem = (check: string, message: string, fix: string): Finding => ({
  check,
  state: 'error',
  message,
  fix,
})

function checkNode(): Finding {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  const enough = major > 22 || (major === 22 && minor >= 18)
  return enough
    ? ok(
        'node',
        `Node ${process.versions.node} on ${platform()} ${release()}, ${availableParallelism()} cores`,
      )
    : problem(
        'node',
        `Node ${process.versions.node} is too old`,
        'Install Node 22.18 or newer; in a clone `npm ci` brings one.',
      )
}

function checkMemory(): Finding {
  const free = `${bytes(freemem())} of ${bytes(totalmem())} free`
  return freemem() < 256 * 1024 * 1024
    ? warning('memory', free, 'Free memory, or lower store.memory_mb.')
    : ok('memory', free)
}

function checkThreads(): Finding {
  const size = threadPoolSize()
  return size >= 8
    ? ok('threads', `thread pool of ${size}`)
    : warning(
        'threads',
        `thread pool of ${size}: concurrent questions would hold up fsync`,
        'Start through `llmhub` or `npm start`, or set UV_THREADPOOL_SIZE=16.',
      )
}

function checkZones(): Finding {
  const parts = new Intl.DateTimeFormat('en', {
    timeZone: 'Australia/Lord_Howe',
    timeZoneName: 'longOffset',
  }).format(Date.UTC(2026, 0, 1))
  return parts.includes('+11:00')
    ? ok('time zones', 'zone data is there')
    : problem(
        'time zones',
        'zone data is missing or wrong',
        'Use a Node with full ICU (the default builds have it).',
      )
}

function checkFolder(config: Config): Finding[] {
  const dir = resolve(config.data_dir)
  const findings: Finding[] = []
  try {
    mkdirSync(dir, { recursive: true })
    accessSync(dir, constants.W_OK)
    const probe = join(dir, `.doctor-${process.pid}`)
    writeFileSync(probe, 'probe', { flush: true })
    rmSync(probe)
    findings.push(ok('data folder', `${dir} can be written`))
  } catch (error) {
    const reason = (error as Error).message
    return [
      problem(
        'data folder',
        `${dir} cannot be written: ${reason}`,
        `Give this user write access, or choose another folder: --set data_dir=…`,
      ),
    ]
  }
  const { bavail, bsize } = statfsSync(dir)
  const free = bavail * bsize
  const reserve = config['ingest.disk_reserve_bytes']
  findings.push(
    free <= reserve
      ? problem(
          'disk',
          `${bytes(free)} free, below the reserve of ${bytes(reserve)}: events get 503`,
          'Free space, or lower ingest.disk_reserve_bytes.',
        )
      : free < 4 * reserve
        ? warning(
            'disk',
            `${bytes(free)} free`,
            'Free space soon: below the reserve events get 503.',
          )
        : ok('disk', `${bytes(free)} free`),
  )
  return findings
}

/** What wrote the folder, and whether this release may open it. */
function checkFormat(config: Config, version: string): Finding {
  const dir = resolve(config.data_dir)
  const read = readFolderFormat(dir, version)
  const mine = `this release (${version}) writes ${FOLDER_FORMAT.format}`
  if (!read.ok) return problem('format', read.message, 'Start the release that the message names.')
  if (read.found === null) return ok('format', `none yet; ${mine}`)
  const { format, minReader, minRelease, writer } = read.found
  return ok(
    'format',
    `folder of format ${format}, brought to it by release ${writer}; read by release ${minRelease} and newer (format ${minReader}); ${mine}`,
  )
}

/** Versions of the schemas in the databases, if no hub has the folder open. */
async function checkSchemas(config: Config): Promise<Finding[]> {
  const dir = resolve(config.data_dir)
  const [control, store] = [join(dir, 'control.sqlite'), join(dir, 'store', 'store.duckdb')]
  if (!existsSync(control) && !existsSync(store)) return []
  const taken = lockFolder(dir)
  if (!taken.ok) return []
  try {
    const findings: Finding[] = []
    if (existsSync(control)) {
      const { inspectControl } = await import('../../control/sqlite/inspect.ts')
      findings.push(schemaFinding('control store', inspectControl(control)))
    }
    if (existsSync(store)) {
      const { inspectStore } = await import('../../store/duckdb/inspect.ts')
      findings.push(schemaFinding('store', await inspectStore(store)))
    }
    return findings
  } finally {
    taken.lock.release()
  }
}

function schemaFinding(check: string, found: SchemaFound): Finding {
  if (!found.ok)
    return problem(check, `cannot be read: ${found.message}`, 'See docs/guide/recovering.md')
  const { schema, known, release } = found
  if (schema > known)
    return problem(
      check,
      `schema ${schema}, newer than the ${known} of this release`,
      `Start the release that wrote it: ${commandOf(release)}`,
    )
  return ok(
    check,
    schema === known
      ? `schema ${schema}`
      : `schema ${schema}, brought to ${known} at the next start`,
  )
}

/** The log, if no hub has the folder open. */
async function checkLog(config: Config): Promise<Finding> {
  const dir = join(config.data_dir, 'log')
  if (!existsSync(dir)) return ok('log', 'none yet; it is made at the first start')
  const taken = lockFolder(config.data_dir)
  if (!taken.ok) return ok('log', 'in use by a running hub (check it there: llmhub verify log)')
  try {
    const { verifyJournal } = await import('../../log/journal/verify.ts')
    const report = await verifyJournal(dir)
    const damaged = report.segments.find((segment) => segment.problem !== undefined)
    if (report.ok) return ok('log', `${report.records} records, ${bytes(report.bytes)}, whole`)
    return problem(
      'log',
      damaged?.problem?.message ?? 'records are missing',
      'See what a repair would do: llmhub journal repair --dry-run',
    )
  } finally {
    taken.lock.release()
  }
}

async function portIsFree(host: string, port: number): Promise<string | null> {
  const server = createServer()
  return new Promise((resolvePort) => {
    server.once('error', (error: NodeJS.ErrnoException) => resolvePort(error.code ?? error.message))
    server.listen(port, host, () => server.close(() => resolvePort(null)))
  })
}

const CLOCK_TOLERANCE_MS = 30_000

/** The hub at the configured address: there, ready, with this clock, for this key. */
async function checkHub(
  options: GlobalOptions,
  config: Config,
  context: CliContext,
): Promise<Finding[]> {
  const settings = clientSettings(options.url, config.host, config.port)
  const sent = context.clock.now()
  let version: Awaited<ReturnType<typeof request>>
  try {
    version = await request({ ...settings, key: null }, 'GET', '/version')
  } catch {
    const taken = await portIsFree(config.host, config.port)
    if (taken === null) return [ok('hub', `not running; ${config.host}:${config.port} is free`)]
    return [
      problem(
        'hub',
        `${config.host}:${config.port} cannot be used: ${taken}`,
        'Stop the program that holds the port, or choose another: --set port=…',
      ),
    ]
  }
  const body = version.body as { version?: string } | null
  if (version.status !== 200 || typeof body?.version !== 'string') {
    return [
      problem(
        'hub',
        `${settings.url} answers, but is not a hub`,
        'Another program has the port: choose another with --set port=…',
      ),
    ]
  }
  const findings = [
    ok(
      'hub',
      `version ${body.version} answers at ${settings.url} in ${Math.round(context.clock.now() - sent)} ms`,
    ),
  ]
  const ready = await request({ ...settings, key: null }, 'GET', '/ready')
  findings.push(
    ready.status === 200
      ? ok('ready', 'ready')
      : problem(
          'ready',
          printable(ready.text).slice(0, 300),
          'Wait for the rebuild to finish, or look at /stats.',
        ),
  )
  const skew = version.date === null ? 0 : Math.abs(version.date - context.clock.now())
  findings.push(
    skew > CLOCK_TOLERANCE_MS
      ? problem(
          'clock',
          `this machine and the hub differ by ${Math.round(skew / 1000)} s`,
          'Set both clocks by NTP: events too far ahead are rejected.',
        )
      : ok('clock', 'agrees with the hub'),
  )
  if (settings.key === null) {
    findings.push(
      warning(
        'key',
        'none given',
        'Put your key into LLMHUB_KEY or name its file in LLMHUB_KEY_FILE.',
      ),
    )
    return findings
  }
  const semantic = await request(settings, 'GET', '/api/v1/semantic')
  findings.push(
    semantic.status === 200
      ? ok('key', 'accepted')
      : semantic.status === 403
        ? ok('key', 'valid, without query:read')
        : problem(
            'key',
            `refused with ${semantic.status}`,
            'Check LLMHUB_KEY; with the hub stopped, a new one: llmhub keys reset --yes',
          ),
  )
  return findings
}

/** `llmhub doctor`: every check, each with what to do; exit 1 when something is broken. */
export async function doctor(
  options: GlobalOptions & { json?: boolean },
  context: CliContext,
  version: string,
): Promise<void> {
  const findings: Finding[] = [checkNode(), checkMemory(), checkThreads(), checkZones()]
  const loaded = loadConfig(assignments(options.set), options.config)
  if (loaded.ok) {
    const { config } = loaded.resolved
    findings.push(ok('configuration', 'valid'), ...checkFolder(config))
    if (!findings.some((finding) => finding.check === 'data folder' && finding.state === 'error'))
      findings.push(
        checkFormat(config, version),
        ...(await checkSchemas(config)),
        await checkLog(config),
      )
    findings.push(...(await checkHub(options, config, context)))
  } else {
    for (const issue of loaded.issues)
      findings.push(
        problem(
          'configuration',
          `${issue.where}: ${issue.message}`,
          'See docs/reference/configuration.md',
        ),
      )
  }
  if (options.json === true) context.terminal.out(`${JSON.stringify({ findings }, null, 2)}\n`)
  else {
    const marks: Record<State, string> = { ok: '✓', warning: '!', error: '✗' }
    for (const { check, state, message, fix } of findings) {
      context.terminal.out(`${marks[state]} ${check.padEnd(14)} ${printable(message)}\n`)
      if (fix !== null) context.terminal.out(`  ${' '.repeat(14)} → ${fix}\n`)
    }
  }
  if (findings.some((finding) => finding.state === 'error')) throw new CliError('', EXIT.failure)
}
