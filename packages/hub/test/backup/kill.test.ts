import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { checkFolderFormat } from '../../src/core/folder-format.ts'
import { SmallFolder } from './small-folder.ts'

const FIXTURE = fileURLToPath(new URL('./backup-child.fixture.ts', import.meta.url))

let folder: SmallFolder

beforeEach(async () => {
  folder = await SmallFolder.make()
  for (let i = 0; i < 8; i++) await folder.append(i % 2, `record-${i}`.padEnd(150, '.'))
})

afterEach(() => folder.remove())

/** Runs the act in a process of its own, which kills itself before its n-th change; answers how it ended. */
async function endOf(act: 'backup' | 'restore', n: number): Promise<string> {
  const args = ['--disable-warning=ExperimentalWarning', '--conditions=@llmhub/source', FIXTURE]
  const child = spawn(process.execPath, [...args, act, folder.root, String(n)], {
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  const [code, signal] = (await once(child, 'exit')) as [number | null, string | null]
  return signal ?? `exit ${code}`
}

it('a backup that is killed leaves the former one, and no lock', async () => {
  const first = await folder.mustBackup()
  const before = await folder.records('data')
  await folder.append(0, 'later'.padEnd(150, '.'))
  await folder.journal.close()
  for (const n of [1, 4, 9]) {
    expect(await endOf('backup', n)).toBe('SIGKILL')
    expect((await folder.verify()).problems).toEqual([])
    await folder.restore(`r${n}`, first.manifest.id)
    expect(await folder.records(`r${n}`)).toEqual(before)
  }
  expect(await endOf('backup', 1000)).toBe('exit 0')
  await folder.restore('last')
  expect(await folder.records('last')).toEqual(await folder.records('data'))
})

it('a restore that is killed is refused and can be run again', async () => {
  await folder.mustBackup()
  // Before the marker is there: nothing to refuse.
  expect(await endOf('restore', 1)).toBe('SIGKILL')
  for (const n of [3, 8]) {
    expect(await endOf('restore', n)).toBe('SIGKILL')
    expect(checkFolderFormat(folder.path('restored'), '1.0')).toMatchObject({ ok: false })
  }
  expect(await endOf('restore', 1000)).toBe('exit 0')
  expect(await folder.records('restored')).toEqual(await folder.records('data'))
})
