import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { openSqliteControl } from '../../control/sqlite/sqlite-control.ts'
import { lockFolder } from '../../core/folder-lock.ts'
import { CliError, EXIT } from '../exit-codes.ts'
import { rememberingContext } from '../remembering-context.fixture.ts'
import { keysReset } from './keys.ts'

let folder: string
let { context, written } = rememberingContext()
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'llmhub-keys-'))
  ;({ context, written } = rememberingContext())
})
afterEach(() => rmSync(folder, { recursive: true }))

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
  expect(written.out).toMatch(/^lah_live_\S+\n$/)
  expect(written.err).toContain('Revoked lost')
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
  expect(written.out).toBe('')
})
