import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { BackupFolder } from '../../src/backup/backup-folder.ts'
import { type Files, nodeFiles } from '../../src/backup/files.ts'
import { type BackedUpFile, isIndexFile } from '../../src/backup/manifest.ts'
import { openJournal } from '../../src/log/journal/journal.ts'
import { IndexedFolder, type Sent } from './indexed-folder.ts'
import { SmallFolder } from './small-folder.ts'

let folder: SmallFolder
let hub: IndexedFolder

beforeEach(async () => {
  folder = await SmallFolder.make()
  hub = await IndexedFolder.on(folder)
})

afterEach(async () => {
  await hub.indexes.close()
  await folder.remove()
})

/** As many events of calls of their own, in requests of six. */
async function send(from: number, to: number): Promise<void> {
  for (let at = from; at < to; at += 6) {
    const reports = Array.from({ length: Math.min(6, to - at) }, (_, i): Sent => {
      return { id: at + i, call: at + i, kind: 'llm_request', partition: at % 4 === 0 ? 1 : 0 }
    })
    await hub.send(reports)
  }
}

/** Index files of every backup in the folder, oldest backup first. */
async function indexFiles(): Promise<BackedUpFile[][]> {
  const { manifests } = await new BackupFolder(folder.backups, nodeFiles).read()
  return manifests.map(({ files }) => files.filter(isIndexFile))
}

/** Opens a restored folder: records read from the log, and whether all that was sent is recognised. */
async function reopened(name: string, to: number): Promise<{ read: number; accepted: boolean }> {
  const opened = await openJournal({ dir: folder.path(`${name}/log`), compress: false })
  if (!opened.ok) throw new Error(opened.error.message)
  const restored = await IndexedFolder.open(folder.path(name), opened.journal)
  const before = opened.journal.next(0)
  const reports = Array.from({ length: to }, (_, i): Sent => {
    return { id: i, call: i, kind: 'llm_request', partition: 0 }
  })
  for (let at = 0; at < to; at += 50) await restored.send(reports.slice(at, at + 50))
  const accepted = opened.journal.next(0) !== before
  await restored.indexes.close()
  await opened.journal.close()
  return { read: restored.read, accepted }
}

it('a restored hub reads the tail of its log, where one without indexes reads all of it', async () => {
  await send(0, 90)
  await folder.mustBackup()
  await folder.restore('restored')
  const { read, accepted } = await reopened('restored', 90)
  const all = (await folder.records('data')).length
  expect({ accepted, readsMost: read * 3 > all }).toEqual({ accepted: false, readsMost: false })
})

it('runs are copied once, and only the newest backup has them', async () => {
  await send(0, 60)
  await folder.mustBackup()
  const again = await folder.mustBackup()
  // Format, control store, and the two lists of runs: no run.
  expect(again.copiedFiles).toBe(4)
  await send(60, 70)
  await folder.mustBackup()
  const [first, second, third] = await indexFiles()
  expect([first, second]).toEqual([[], []])
  expect(third?.length).toBeGreaterThan(3)
  const { manifests } = await new BackupFolder(folder.backups, nodeFiles).read()
  const named = new Set(manifests.flatMap(({ files }) => files.map(({ sha256 }) => sha256)))
  expect(new Set(readdirSync(join(folder.backups, 'objects')))).toEqual(named)
  // The oldest one is restored with those runs of the newest that know nothing behind it.
  const [oldest] = manifests
  const restored = await folder.restore('oldest', oldest?.id)
  expect(restored).toMatchObject({ ok: true, leftOut: [], cursor: oldest?.cursor })
  const { read, accepted } = await reopened('oldest', 60)
  expect(accepted).toBe(false)
  expect(read).toBeLessThan((await folder.records('oldest')).length)
})

it('a damaged run is found, and a restore does without it and what came after it', async () => {
  await send(0, 90)
  await folder.mustBackup()
  const files = (await indexFiles()).at(-1) ?? []
  expect(files.length).toBeGreaterThan(4)
  // A list of runs, the first run and the last.
  for (const { path, sha256 } of [...files.slice(0, 2), ...files.slice(-1)]) {
    const object = join(folder.backups, 'objects', sha256)
    const whole = readFileSync(object)
    const flipped = Buffer.from(whole)
    const at = flipped.length >> 1
    flipped[at] = (flipped[at] ?? 0) ^ 4
    writeFileSync(object, flipped)
    const { problems } = await folder.verify()
    expect(problems.map(({ file }) => file)).toEqual([`objects/${sha256} (${path})`])
    const restored = await folder.restore(`without-${sha256}`)
    expect(restored).toMatchObject({
      ok: true,
      leftOut: [expect.stringContaining('does not match its hash') as string],
    })
    expect(await folder.records(`without-${sha256}`)).toEqual(await folder.records('data'))
    expect(await reopened(`without-${sha256}`, 90)).toMatchObject({ accepted: false })
    writeFileSync(object, whole)
  }
  expect((await folder.verify()).problems).toEqual([])
})

it('a run that was damaged before it was copied is found by its pages', async () => {
  await send(0, 90)
  const [run] = hub.indexes.images()[0]?.runs ?? []
  const path = folder.path(join('data', run?.path ?? ''))
  const bytes = readFileSync(path)
  bytes[100] = (bytes[100] ?? 0) ^ 1
  writeFileSync(path, bytes)
  await folder.mustBackup()
  const [problem] = (await folder.verify()).problems
  expect(problem?.message).toContain('damaged page 0')
})

it('a run that cannot be read does not keep a backup from being made', async () => {
  await send(0, 90)
  const runs = hub.indexes.images()[0]?.runs ?? []
  const bad = folder.path(join('data', runs[1]?.path ?? ''))
  const files: Files = {
    ...nodeFiles,
    async *chunks(path) {
      if (path === bad) throw Object.assign(new Error('EIO: i/o error'), { code: 'EIO' })
      yield* nodeFiles.chunks(path)
    },
  }
  expect(await folder.backup(files)).toMatchObject({ ok: true })
  const [list, ...copied] = ((await indexFiles())[0] ?? []).filter(({ path }) =>
    path.startsWith('dedup/ids/'),
  )
  expect(list?.path).toBe('dedup/ids/manifest.json')
  expect(copied.map(({ path }) => path)).toEqual([runs[0]?.path])
  await folder.restore('restored')
  expect(await reopened('restored', 90)).toMatchObject({ accepted: false })
})

it('files that a backup copies stay until it has them, whatever is merged meanwhile', async () => {
  await send(0, 20)
  const [image] = hub.indexes.images()
  const paths = image?.runs.map(({ path }) => folder.path(join('data', path))) ?? []
  const sizes = () => Promise.all(paths.map((path) => nodeFiles.sizeOf(path)))
  const before = await sizes()
  expect(before.length).toBeGreaterThan(1)
  await send(20, 90)
  expect(await sizes()).toEqual(before)
  await image?.release()
  expect((await sizes()).filter((size) => size !== null).length).toBeLessThan(before.length)
})
