import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openJournal } from '../../packages/hub/src/log/journal/journal.ts'
import { openDatabase } from '../../packages/hub/src/store/duckdb/open.ts'
import { inFolder } from '../support/folder.ts'
import { type Ending, HubProcess } from '../support/hub-process.ts'
import { runCommand } from '../support/llmhub-command.ts'

/* How `llmhub serve` ends on a folder that it must not touch, and what `llmhub doctor` says of it. */

const ENDS_WITHIN_MS = 20_000

let used: string

beforeAll(async () => {
  used = mkdtempSync(join(tmpdir(), 'llmhub-upgrade-'))
  const hub = await HubProcess.start({ dataDir: used })
  await hub.stop()
})
afterAll(() => rmSync(used, { recursive: true, force: true }))

/** On a copy of a folder that a hub has used. */
function onCopy(use: (dataDir: string) => Promise<void>): Promise<void> {
  return inFolder((dataDir) => {
    cpSync(used, dataDir, { recursive: true })
    return use(dataDir)
  })
}

const doctorOf = (dataDir: string) =>
  runCommand('http://127.0.0.1:9', ['doctor', '--set', `data_dir=${dataDir}`])

/** The folder is changed; then how the next start of a hub ends, and its last words. */
async function endOf(
  dataDir: string,
  change: () => Promise<void> | void,
): Promise<{ ending: Ending; words: string }> {
  await change()
  const second = HubProcess.spawn({ dataDir })
  try {
    const ending = await second.endsWithin(ENDS_WITHIN_MS)
    return { ending, words: second.stderr }
  } finally {
    await second.kill()
  }
}

async function inStore(dataDir: string, sql: string): Promise<void> {
  const opened = await openDatabase({ path: join(dataDir, 'store/store.duckdb'), wal: true })
  if (!opened.ok) throw new Error(opened.reason)
  await opened.database.writer.execute(sql)
  await opened.database.close()
}

function inControl(dataDir: string, sql: string): void {
  const database = new DatabaseSync(join(dataDir, 'control.sqlite'))
  database.exec(sql)
  database.close()
}

test('a store of a newer release: exit 78, the command to run, and the store is kept', () =>
  onCopy(async (dataDir) => {
    const { ending, words } = await endOf(dataDir, () =>
      inStore(dataDir, "INSERT INTO migrations VALUES (999, 'later.sql')"),
    )
    expect([ending, words]).toEqual([
      { code: 78 },
      expect.stringMatching(/schema 999.*npx @llmhub\/hub@latest serve/),
    ])
    const doctor = await doctorOf(dataDir)
    expect(doctor.stdout).toMatch(/✗ store +schema 999, newer than the \d+ of this release/)
  }))

test('an operation of a newer release: exit 78', () =>
  onCopy(async (dataDir) => {
    const { ending, words } = await endOf(dataDir, async () => {
      const opened = await openJournal({ dir: join(dataDir, 'log') })
      if (!opened.ok) throw new Error(opened.error.message)
      const payload = Buffer.from('{"op":"transmogrify"}')
      await opened.journal.append(0, [{ kind: 'operation', payload }])
      await opened.journal.close()
    })
    expect([ending, words]).toEqual([
      { code: 78 },
      expect.stringMatching(/newer release.*npx @llmhub\/hub@latest serve/),
    ])
  }))

test.each([
  ['the store', (dir: string) => inStore(dir, 'DELETE FROM migrations')],
  ['the control store', (dir: string) => inControl(dir, 'PRAGMA user_version = 0')],
])('a migration of %s that fails: exit 75, file and statement', (_, change) =>
  onCopy(async (dataDir) => {
    const { ending, words } = await endOf(dataDir, () => change(dataDir))
    expect([ending, words]).toEqual([
      { code: 75 },
      expect.stringMatching(/could not be brought up to date: 0001_\w+\.sql, statement \d+ of \d+/),
    ])
  }),
)

test('doctor tells the formats of a folder and who reads it', () =>
  onCopy(async (dataDir) => {
    const whole = await doctorOf(dataDir)
    expect(whole.stdout).toMatch(/✓ format +format 1\b.*0\.1\.0 and newer read it/)
    expect(whole.stdout).toMatch(/✓ control store +schema \d+\n/)
    expect(whole.stdout).toMatch(/✓ store +schema \d+\n/)
    const mark = join(dataDir, 'format.json')
    const newer = { format: 9, minReader: 8, minRelease: '0.8.1', writer: '0.9.0' }
    writeFileSync(mark, JSON.stringify(newer))
    const refused = await doctorOf(dataDir)
    expect(refused.stdout).toMatch(/✗ format .*npx @llmhub\/hub@0\.8\.1 serve/)
    expect(readFileSync(mark, 'utf8')).toBe(JSON.stringify(newer))
  }))
