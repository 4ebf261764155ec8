import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { BackupFolder } from '../../src/backup/backup-folder.ts'
import { type Files, nodeFiles } from '../../src/backup/files.ts'
import { openSqliteControl } from '../../src/control/sqlite/sqlite-control.ts'
import { checkFolderFormat } from '../../src/core/folder-format.ts'
import { lockFolder } from '../../src/core/folder-lock.ts'
import { openJournal } from '../../src/log/journal/journal.ts'
import { failingFiles, SmallFolder } from './small-folder.ts'

let folder: SmallFolder

beforeEach(async () => {
  folder = await SmallFolder.make()
})

afterEach(() => folder.remove())

const pad = (name: string): string => name.padEnd(90, '.')

async function fill(from: number, to: number): Promise<void> {
  for (let i = from; i < to; i++) {
    await folder.append(i % 3 === 0 ? 1 : 0, pad(`record-${i}`), ...(i % 4 === 0 ? ['half'] : []))
  }
}

function objectsOf(): string[] {
  return readdirSync(join(folder.backups, 'objects')).toSorted()
}

describe('a backup', () => {
  it('taken while records come in has exactly those before its cursor', async () => {
    await fill(0, 30)
    let going = true
    const writing = (async () => {
      for (let i = 30; going; i++) await fill(i, i + 1)
    })()
    const made = await folder.mustBackup()
    going = false
    await writing
    expect(made.manifest.cursor.get(0)).toBeGreaterThan(19n)
    expect(folder.journal.next(0)).toBeGreaterThan(made.manifest.cursor.get(0) ?? 0n)
    const restored = await folder.restore('restored')
    expect(restored).toMatchObject({ ok: true, cursor: made.manifest.cursor })
    const expected = (await folder.records('data')).filter((record) => {
      const [partition, offset] = record.split(':')
      return BigInt(offset ?? 0) < (made.manifest.cursor.get(Number(partition)) ?? 0n)
    })
    expect(await folder.records('restored')).toEqual(expected)
    expect(await folder.verify()).toMatchObject({ backups: 1, problems: [] })
  })

  it('copies what is new, and each earlier one stays what it was', async () => {
    await fill(0, 30)
    const first = await folder.mustBackup()
    const before = await folder.records('data')
    await fill(30, 40)
    const second = await folder.mustBackup()
    const after = await folder.records('data')
    expect(second.copiedFiles).toBeLessThan(first.copiedFiles)
    // Nothing has come in: format, control store, no segment.
    expect(await folder.mustBackup()).toMatchObject({ copiedFiles: 2 })
    await folder.restore('one', first.manifest.id)
    await folder.restore('two', second.manifest.id)
    expect(await folder.records('one')).toEqual(before)
    expect(await folder.records('two')).toEqual(after)
    expect((await folder.verify()).problems).toEqual([])
  })

  it('of a log that goes on after a restore does not touch those of the history before', async () => {
    await fill(0, 12)
    const first = await folder.mustBackup()
    await folder.restore('restored')
    const opened = await openJournal({ dir: folder.path('restored/log'), compress: false })
    if (!opened.ok) throw new Error(opened.error.message)
    // The same offsets are given to other records in both.
    await fill(12, 20)
    const second = await folder.mustBackup()
    const expected = await folder.records('data')
    await opened.journal.append(0, [{ kind: 'events', payload: Buffer.from(pad('other')) }])
    const control = openSqliteControl({ file: folder.path('restored/control.sqlite'), writer: '1' })
    const { createBackup } = await import('../../src/backup/create.ts')
    const { journalFiles } = await import('../../src/log/journal/log-files.ts')
    const third = await createBackup(
      folder.backups,
      {
        dataDir: folder.path('restored'),
        control,
        image: () => opened.journal.image(),
        indexes: () => [],
        pathOf: journalFiles().pathOf,
        writer: '1.0',
      },
      { clock: { now: () => folder.now + 5000 }, files: nodeFiles },
    )
    control.close()
    await opened.journal.close()
    expect(third).toMatchObject({ ok: true })
    expect((await folder.verify()).problems).toEqual([])
    await folder.restore('again', second.manifest.id)
    expect(await folder.records('again')).toEqual(expected)
    await folder.restore('newest')
    expect((await folder.records('newest')).filter((record) => /other/.test(record))).toHaveLength(
      1,
    )
    await folder.restore('oldest', first.manifest.id)
    expect(await folder.records('oldest')).toHaveLength(15)
  })

  it('takes rows that the log has erased out of every earlier one', async () => {
    await folder.append(0, pad('keep-1'), pad('SUBJECT'), pad('keep-2'))
    await fill(0, 20)
    await folder.append(0, pad('SUBJECT'))
    const first = await folder.mustBackup()
    expect(await folder.bytesOf('backups')).toContain('SUBJECT')
    await folder.journal.rewrite(
      0,
      ({ payload }) =>
        Buffer.from(payload).includes('SUBJECT') ? new Uint8Array(Buffer.from('gone')) : null,
      { rotate: true },
    )
    await folder.mustBackup()
    expect(await folder.bytesOf('backups')).not.toContain('SUBJECT')
    await folder.restore('restored', first.manifest.id)
    const { cursor } = first.manifest
    const expected = (await folder.records('data')).filter((record) => {
      const [partition, offset] = record.split(':')
      return BigInt(offset ?? 0) < (cursor.get(Number(partition)) ?? 0n)
    })
    expect(await folder.records('restored')).toEqual(expected)
    expect((await folder.verify()).problems).toEqual([])
  })

  it('of a log whose oldest segments are gone restores from where that begins', async () => {
    await fill(0, 30)
    const first = await folder.mustBackup()
    await folder.journal.trim(0, 9n)
    const earliest = folder.journal.earliest(0)
    expect(earliest).toBeGreaterThan(0n)
    await fill(30, 34)
    await folder.mustBackup()
    await folder.restore('restored')
    expect(await folder.records('restored')).toEqual(await folder.records('data'))
    // The older one still has them.
    await folder.restore('older', first.manifest.id)
    expect((await folder.records('older'))[0]).toMatch(/^0:0:/)
    expect(await folder.restore('cut', `0:${earliest}`)).toMatchObject({ ok: true })
  })

  it('is refused a folder of another hub, one in use, and says so', async () => {
    await folder.mustBackup()
    folder.control.putSecret('id_hash_key', new Uint8Array(16).fill(8))
    expect(await folder.backup()).toMatchObject({ ok: false, failure: 'other_hub' })
  })

  it('can be pruned, which gives back what only the older ones had', async () => {
    await fill(0, 30)
    await folder.mustBackup()
    await folder.journal.trim(0, 9n)
    await fill(30, 32)
    await folder.mustBackup()
    const before = objectsOf().length
    const pruned = await new BackupFolder(folder.backups, nodeFiles).prune(1)
    expect(pruned.removed).toHaveLength(1)
    expect(pruned.bytes).toBeGreaterThan(0)
    expect(objectsOf().length).toBeLessThan(before)
    expect(await folder.verify()).toMatchObject({ backups: 1, problems: [] })
    await folder.restore('restored')
    expect(await folder.records('restored')).toEqual(await folder.records('data'))
  })
})

it('is not changed while it is restored, nor restored while it is changed', async () => {
  await fill(0, 12)
  await folder.mustBackup()
  const locking = lockFolder(folder.backups)
  if (!locking.ok) throw new Error(locking.message)
  expect(await folder.restore('restored')).toMatchObject({
    ok: false,
    failure: 'busy',
    message: expect.stringContaining(`process ${process.pid}`) as string,
  })
  locking.lock.release()
  const seen: string[] = []
  const files: Files = {
    ...nodeFiles,
    async write(path, chunks) {
      const other = await folder.backup()
      seen.push(other.ok ? 'made' : other.failure)
      return nodeFiles.write(path, chunks)
    },
  }
  expect(await folder.restore('restored', 'latest', files)).toMatchObject({ ok: true })
  expect(new Set(seen)).toEqual(new Set(['busy']))
  expect(await folder.backup()).toMatchObject({ ok: true })
})

describe('damage', () => {
  it('of any file is found and named, and nothing is restored from it', async () => {
    await fill(0, 12)
    const { manifest } = await folder.mustBackup()
    const targets = [
      ...objectsOf().map((name) => `objects/${name}`),
      `manifests/${manifest.id}.json`,
    ]
    for (const target of targets) {
      const path = join(folder.backups, target)
      const whole = readFileSync(path)
      const flipped = Buffer.from(whole)
      const at = flipped.length >> 1
      flipped[at] = (flipped[at] ?? 0) ^ 4
      writeFileSync(path, flipped)
      const { problems } = await folder.verify()
      expect(problems.map(({ file }) => file.split(' ')[0])).toEqual([target])
      expect(await folder.restore('restored')).toMatchObject({ ok: false, failure: 'damaged' })
      expect(
        readdirSync(folder.root).includes('restored') ? readdirSync(folder.path('restored')) : [],
      ).toEqual(readdirSync(folder.root).includes('restored') ? ['lock'] : [])
      writeFileSync(path, whole)
    }
    expect((await folder.verify()).problems).toEqual([])
    expect(await folder.restore('restored')).toMatchObject({ ok: true })
  })
})

class Killed extends Error {}

/** What the hub would find. */
async function stateOf(name: string): Promise<string> {
  const names = await nodeFiles.list(folder.path(name))
  if (names.every((each) => /^(lock|restore-unfinished\.json\.tmp)$/.test(each))) return 'nothing'
  const check = checkFolderFormat(folder.path(name), '1.0')
  if (check.ok) return 'whole'
  return check.message.includes('run: llmhub restore as before') ? 'refused' : check.message
}

describe('an end at any step', () => {
  it('of a backup leaves the former one whole, and the next one goes through', async () => {
    await fill(0, 10)
    const first = await folder.mustBackup()
    const before = await folder.records('data')
    await fill(10, 16)
    let steps = 0
    for (let n = 1; ; n++) {
      const files = failingFiles(n, () => new Killed('killed'), { forGood: true })
      const ended = await folder.backup(files).catch((error: unknown) => error)
      if (!files.failed) break
      expect(ended).toBeInstanceOf(Killed)
      steps += 1
      expect((await folder.verify()).problems).toEqual([])
      if (n % 4 > 0) continue
      await folder.restore(`r${n}`, first.manifest.id)
      expect(await folder.records(`r${n}`)).toEqual(before)
    }
    expect(steps).toBeGreaterThan(12)
    expect(objectsOf().filter((name) => name.endsWith('.tmp'))).toEqual([])
    await folder.restore('last')
    expect(await folder.records('last')).toEqual(await folder.records('data'))
  })

  it('for want of space is said, and leaves the former one whole', async () => {
    await fill(0, 10)
    await folder.mustBackup()
    await fill(10, 16)
    for (let n = 1; ; n++) {
      const full = () => Object.assign(new Error('no space left on device'), { code: 'ENOSPC' })
      const files = failingFiles(n, full, { forGood: false, writesOnly: true })
      const ended = await folder.backup(files)
      if (!files.failed) break
      expect(ended).toMatchObject({ ok: false, failure: 'disk_full' })
      expect((await folder.verify()).problems).toEqual([])
    }
    await folder.mustBackup()
    expect(readdirSync(join(folder.backups, 'objects')).some((name) => /tmp/.test(name))).toBe(
      false,
    )
  })

  it('of a restore leaves a folder that the hub refuses, and the same command mends', async () => {
    await fill(0, 14)
    await folder.mustBackup()
    const expected = await folder.records('data')
    const seen: string[] = []
    for (let n = 1; ; n++) {
      const files = failingFiles(n, () => new Killed('killed'), { forGood: true })
      const ended = await folder.restore('restored', 'latest', files).catch(() => null)
      if (!files.failed) {
        // Ended after the last step but one, everything is there.
        seen.push(ended?.ok === false ? ended.failure : 'restored')
        break
      }
      seen.push(await stateOf('restored'))
    }
    // Before the marker nothing else is there; after it, everything.
    expect(seen.join(' ')).toMatch(/^(nothing )+(refused ){8,}(whole )*(restored|not_empty)$/)
    expect(await folder.records('restored')).toEqual(expected)
    expect(checkFolderFormat(folder.path('restored'), '1.0')).toEqual({ ok: true })
  })
})

describe('a restored folder', () => {
  it('has a history of its own, fences former owners, and forgets imports where it goes back', async () => {
    await fill(0, 10)
    folder.control.putImportProgress('file', 5, true)
    await folder.mustBackup()
    const epoch = folder.control.takeLease('store', 'former')
    await folder.restore('whole')
    await folder.restore('part', '0:3')
    const [whole, part] = ['whole', 'part'].map((name) =>
      openSqliteControl({ file: folder.path(`${name}/control.sqlite`), writer: '1.0' }),
    )
    try {
      expect(whole?.takeLease('store', 'new')).toBeGreaterThan(epoch)
      expect(whole?.secret('id_hash_key')).toEqual(folder.control.secret('id_hash_key'))
      expect(whole?.secret('log_lineage')).not.toEqual(folder.control.secret('log_lineage'))
      expect(whole?.importProgress('file')).toEqual({ rows: 5, done: true })
      expect(part?.importProgress('file')).toBeNull()
    } finally {
      whole?.close()
      part?.close()
    }
  })

  it('is made in an empty folder only', async () => {
    await folder.mustBackup()
    expect(await folder.restore('data')).toMatchObject({ ok: false, failure: 'not_empty' })
    expect(await folder.restore('a')).toMatchObject({ ok: true })
    expect(await folder.restore('a')).toMatchObject({ ok: false, failure: 'not_empty' })
    expect(await folder.restore('b', '0:9999')).toMatchObject({ ok: false, failure: 'no_point' })
    expect(await folder.restore('b', '2030-01-01T00:00:00Z')).toMatchObject({
      ok: false,
      failure: 'no_point',
    })
  })
})
