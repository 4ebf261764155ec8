import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { openSqliteControl } from '../../control/sqlite/sqlite-control.ts'
import { systemClock } from '../../core/clock.ts'
import { lockFolder } from '../../core/folder-lock.ts'
import type { CliContext } from '../context.ts'
import { CliError, EXIT } from '../exit-codes.ts'
import { keysReset } from './keys.ts'

let folder: string
let out = ''
let err = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'llmhub-keys-'))
  out = ''
  err = ''
})
afterEach(() => rmSync(folder, { recursive: true }))

const context: CliContext = {
  terminal: {
    out: (text) => {
      out += text
    },
    err: (text) => {
      err += text
    },
    outIsTty: false,
    errIsTty: false,
    color: false,
    columns: 80,
  },
  clock: systemClock,
  signal: new AbortController().signal,
  stdin: () => Promise.resolve(''),
}

/** Runs the command and answers its exit code. */
async function reset(yes: boolean): Promise<number> {
  try {
    await keysReset({ set: [`data_dir=${folder}`], yes }, context, '0.0.0')
    return EXIT.ok
  } catch (error) {
    if (error instanceof CliError) return error.exitCode
    throw error
  }
}

function control() {
  return openSqliteControl({ file: join(folder, 'control.sqlite'), writer: '0.0.0' })
}

const KEY = {
  hash: 'aa',
  createdAt: 1,
  expiresAt: null,
  revokedAt: null,
  lastUsedAt: null,
} as const

it('revokes the keys that may do everything, keeps the others, and shows a new one', async () => {
  const before = control()
  before.putKey({ ...KEY, id: 'lost', name: 'lost', project: null, permissions: ['admin'] })
  before.putKey({ ...KEY, id: 'app', name: 'app', project: 'shop', permissions: ['ingest:write'] })
  before.close()
  expect(await reset(true)).toBe(EXIT.ok)
  expect(out).toMatch(/^lah_live_\S+\n$/)
  expect(err).toContain('Revoked lost')
  const after = control()
  const works = Object.fromEntries(after.keys().map((key) => [key.name, key.revokedAt === null]))
  after.close()
  expect(works).toEqual({ app: true, lost: false, 'made by a reset': true })
})

it('changes nothing without --yes, without a folder, and while a hub has it', async () => {
  expect(await reset(true)).toBe(EXIT.notFound)
  control().close()
  expect(await reset(false)).toBe(EXIT.usage)
  const locking = lockFolder(folder)
  if (!locking.ok) throw new Error(locking.message)
  expect(await reset(true)).toBe(EXIT.conflict)
  locking.lock.release()
  const after = control()
  expect(after.keys()).toEqual([])
  after.close()
  expect(out).toBe('')
})
