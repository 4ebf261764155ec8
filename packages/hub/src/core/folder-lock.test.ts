import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { Worker } from 'node:worker_threads'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { type FolderLock, lockFolder } from './folder-lock.ts'

const MODULE = new URL('./folder-lock.ts', import.meta.url).href
const PRINT = `const { lockFolder } = await import(${JSON.stringify(MODULE)}); const got = lockFolder(process.env.DIR);`
const env = () => ({ ...process.env, DIR: dir, NODE_NO_WARNINGS: '1' })

let dir: string
let lock: FolderLock | null

function take(): FolderLock {
  const got = lockFolder(dir)
  if (!got.ok) throw new Error(got.message)
  return got.lock
}

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'folder-lock-'))
  lock = null
})

afterEach(async () => {
  lock?.release()
  await rm(dir, { recursive: true, force: true })
})

it('refuses a second owner in the same process, and names it', () => {
  lock = take()
  expect(lockFolder(dir)).toMatchObject({ ok: false, owner: process.pid })
  // A refused attempt must not have dropped the lock of the first.
  expect(lockFolder(dir)).toMatchObject({ ok: false, owner: process.pid })
})

it('refuses a worker thread of the same process', async () => {
  lock = take()
  const worker = new Worker(
    `${PRINT} (await import('node:worker_threads')).parentPort.postMessage(got.ok)`,
    { eval: true, env: env() },
  )
  const [ok] = (await once(worker, 'message')) as [boolean]
  await worker.terminate()
  expect(ok).toBe(false)
  expect(lockFolder(dir).ok).toBe(false)
})

it('refuses another process', async () => {
  lock = take()
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--input-type=module', '-e', `${PRINT} console.log(got.ok, got.owner)`],
    { env: env() },
  )
  expect(stdout.trim()).toBe(`false ${process.pid}`)
  expect(lockFolder(dir).ok).toBe(false)
})

it('is free after kill -9 of its owner, without cleaning up', async () => {
  const child = spawn(
    process.execPath,
    [
      '--input-type=module',
      '-e',
      `${PRINT} console.log(got.ok); globalThis.keep = got; setInterval(() => {}, 1000)`,
    ],
    { env: env(), stdio: ['ignore', 'pipe', 'inherit'] },
  )
  const [line] = (await once(child.stdout, 'data')) as [Buffer]
  expect(String(line).trim()).toBe('true')
  expect(lockFolder(dir)).toMatchObject({ ok: false, owner: child.pid })
  child.kill('SIGKILL')
  await once(child, 'exit')
  lock = take()
})

it('is free after its release', () => {
  take().release()
  const again = lockFolder(dir)
  expect(again.ok).toBe(true)
  if (again.ok) lock = again.lock
})

it('says when the folder cannot be written', async () => {
  // Root may write everywhere, but nobody can open a folder as a file.
  await mkdir(join(dir, 'lock'))
  expect(lockFolder(dir)).toEqual({
    ok: false,
    failure: 'unwritable',
    owner: null,
    message: expect.stringMatching(/^the data folder .* cannot be written: /),
  })
})
