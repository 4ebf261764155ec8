import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  rmSync,
  statfsSync,
  writeFileSync,
} from 'node:fs'
import { join, resolve } from 'node:path'
import type { Config } from '../../config/options.ts'
import { FOLDER_FORMAT, readFolderFormat } from '../../core/folder-format.ts'
import { lockFolder } from '../../core/folder-lock.ts'
import type { SchemaFound } from '../../core/migrations.ts'
import { commandOf } from '../../core/newer-format.ts'
import { whyUnfinished } from '../../core/unfinished-folder.ts'
import { bytes, count } from '../formats.ts'
import { type Finding, ok, problem, warning } from './finding.ts'
import { processName, shownProcess } from './port-owner.ts'

/** Checks of the data folder: whether it can be written, has room, is whole, and who has it. */
export async function checkFolder(config: Config, version: string): Promise<FolderFindings> {
  const dir = resolve(config.data_dir)
  const unwritable = whyUnwritable(dir)
  if (unwritable !== null) return { findings: [unwritable], owner: null }
  const findings = [ok('data folder', `${dir} can be written`), checkDisk(dir, config)]
  findings.push(checkFormat(dir, version))
  const taken = lockFolder(dir)
  if (!taken.ok) return { findings, owner: taken.owner ?? 0 }
  try {
    findings.push(...(await checkSchemas(dir)), await checkLog(dir))
    return { findings, owner: null }
  } finally {
    taken.lock.release()
  }
}

export interface FolderFindings {
  readonly findings: readonly Finding[]
  /** Process that has the folder, 0 when it cannot be told which; null when nobody has it. */
  readonly owner: number | null
}

/** Writes into the folder what a start would need first. */
function whyUnwritable(dir: string): Finding | null {
  try {
    mkdirSync(dir, { recursive: true })
    accessSync(dir, constants.W_OK)
    const probe = join(dir, `.doctor-${process.pid}`)
    try {
      writeFileSync(probe, 'probe', { flush: true })
    } finally {
      rmSync(probe, { force: true })
    }
    return null
  } catch (error) {
    return unwritable(dir, error as NodeJS.ErrnoException)
  }
}

function unwritable(dir: string, { code, message }: NodeJS.ErrnoException): Finding {
  const elsewhere = 'or choose another folder: --set data_dir=…'
  switch (code) {
    case 'ENOSPC':
    case 'EDQUOT':
      return problem(
        'disk',
        `no space is left for ${dir}: not a byte can be written, and events get 503`,
        `Free space on that disk (df -h ${dir}), ${elsewhere}`,
      )
    case 'EROFS':
      return problem(
        'data folder',
        `${dir} lies on a file system that is mounted read-only`,
        `mount -o remount,rw "$(df --output=target ${dir} | tail -1)" once the disk is sound (dmesg), ${elsewhere}`,
      )
    case 'EPERM':
      return problem(
        'data folder',
        `${dir} does not let anybody write: it is marked immutable, or a policy forbids it`,
        `lsattr -d ${dir}; chattr -i ${dir}, ${elsewhere}`,
      )
    case 'EACCES':
      return problem(
        'data folder',
        `this user may not write ${dir}`,
        `chown -R "$(id -un)" ${dir} as root, ${elsewhere}`,
      )
    case undefined:
    default:
      return problem(
        'data folder',
        `${dir} cannot be written: ${message}`,
        `Mend that, ${elsewhere}`,
      )
  }
}

function checkDisk(dir: string, config: Config): Finding {
  const { bavail, bsize } = statfsSync(dir)
  const free = bavail * bsize
  const reserve = config['ingest.disk_reserve_bytes']
  if (free <= reserve) {
    return problem(
      'disk',
      `${bytes(free)} free, below the reserve of ${bytes(reserve)}: events get 503`,
      `Free space on that disk (df -h ${dir}); deleted rows give theirs back by: llmhub compact`,
    )
  }
  return free < 4 * reserve
    ? warning(
        'disk',
        `${bytes(free)} free; below ${bytes(reserve)} events get 503`,
        `Free space soon (df -h ${dir}); deleted rows give theirs back by: llmhub compact`,
      )
    : ok('disk', `${bytes(free)} free`)
}

/** What wrote the folder, and whether this release may open it. */
function checkFormat(dir: string, version: string): Finding {
  const unfinished = whyUnfinished(dir)
  if (unfinished !== null) {
    return problem('format', unfinished, 'Run that, or choose another folder: --set data_dir=…')
  }
  const read = readFolderFormat(dir, version)
  const mine = `this release (${version}) writes ${FOLDER_FORMAT.format}`
  if (!read.ok) return problem('format', read.message, 'Start the release that the message names.')
  if (read.found === null) return ok('format', `none yet; ${mine}`)
  const { format, minRelease, writer } = read.found
  return ok(
    'format',
    `format ${format} of release ${writer}; ${minRelease} and newer read it; ${mine}`,
  )
}

/** Versions of the schemas in the databases. */
async function checkSchemas(dir: string): Promise<Finding[]> {
  const [control, store] = [join(dir, 'control.sqlite'), join(dir, 'store', 'store.duckdb')]
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
}

function schemaFinding(check: string, found: SchemaFound): Finding {
  if (!found.ok) {
    return problem(check, `cannot be read: ${found.message}`, 'See docs/guide/recovering.md')
  }
  const { schema, known, release } = found
  if (schema > known) {
    return problem(
      check,
      `schema ${schema}, newer than the ${known} of this release`,
      `Start the release that wrote it: ${commandOf(release)}`,
    )
  }
  const said = schema === known ? '' : `, brought to ${known} at the next start`
  return ok(check, `schema ${schema}${said}`)
}

async function checkLog(dir: string): Promise<Finding> {
  const log = join(dir, 'log')
  if (!existsSync(log)) return ok('log', 'none yet; it is made at the first start')
  const { verifyJournal } = await import('../../log/journal/verify.ts')
  const report = await verifyJournal(log)
  const damaged = report.segments.find((segment) => segment.problem !== undefined)
  if (report.ok) return ok('log', `${count(report.records)} records, ${bytes(report.bytes)}, whole`)
  return problem(
    'log',
    damaged?.problem?.message ?? 'records are missing',
    `See what a repair would do: llmhub journal repair --dry-run --set data_dir=${dir}`,
  )
}

/** A hub that answers; `pid` is null where it cannot be told, as of one on another machine. */
export interface AnsweringHub {
  readonly url: string
  readonly pid: number | null
}

/** Who has the folder, which the hub that answers explains and nothing else does. */
export function ownerFinding(dir: string, owner: number, answering: AnsweringHub | null): Finding {
  const who = owner === 0 ? 'another process' : shownProcess(processName(owner))
  if (answering !== null && answering.pid !== null && owner !== 0 && answering.pid !== owner) {
    return problem(
      'lock',
      `${resolve(dir)} is in use by ${who}, but at ${answering.url} another hub answers, process ${answering.pid}: nothing below is about this folder`,
      'Ask the hub of this folder: --url http://host:port; or name the folder of the one that answers: --set data_dir=…',
    )
  }
  if (answering !== null) {
    return ok('lock', `in use by ${who}; its log is checked there: llmhub verify log`)
  }
  return problem(
    'lock',
    `${resolve(dir)} is in use by ${who}, but no hub answers where it is looked for`,
    owner === 0
      ? 'If that is your hub, say where it listens: --url http://host:port'
      : `If that is your hub, say where it listens: --url http://host:port; to end it: kill ${owner}`,
  )
}
