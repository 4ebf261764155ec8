import { readFile, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, expect, it } from 'vitest'
import { WholeHub } from './whole-hub.ts'

/* What a restart cannot heal is an answer of `startHub`, which becomes an exit that the launcher leaves alone. */

let hub: WholeHub

afterEach(() => hub.remove())

it('a control store of a newer release, naming the command to run', async () => {
  hub = await WholeHub.in()
  await hub.mustStart()
  await hub.stop()
  const database = new DatabaseSync(join(hub.dir, 'control.sqlite'))
  database.exec('PRAGMA user_version = 999')
  database.close()
  const started = await hub.start()
  expect(started).toMatchObject({ ok: false, reason: 'config' })
  expect(started).toMatchObject({ message: expect.stringMatching(/schema 999.*npx/) as string })
})

it('a control store that is none, which stays as it is', async () => {
  hub = await WholeHub.in()
  const file = join(hub.dir, 'control.sqlite')
  await writeFile(file, 'not a database, but what else may it be'.repeat(100))
  expect(await hub.start()).toMatchObject({ ok: false, reason: 'storage' })
  expect(await readFile(file, 'utf8')).toContain('not a database')
})

it('a data folder of a newer release', async () => {
  hub = await WholeHub.in()
  await writeFile(
    join(hub.dir, 'format.json'),
    JSON.stringify({ format: 99, minReader: 99, writer: '9.9.9' }),
  )
  expect(await hub.start()).toMatchObject({
    ok: false,
    reason: 'config',
    message: expect.stringContaining('9.9.9') as string,
  })
})

it('a port that somebody else has', async () => {
  const other = createServer().listen(0, '127.0.0.1')
  await new Promise((listening) => other.once('listening', listening))
  const { port } = other.address() as { port: number }
  try {
    hub = await WholeHub.in({ port: String(port) }, null)
    expect(await hub.start()).toMatchObject({
      ok: false,
      reason: 'config',
      message: expect.stringContaining('is in use by another program') as string,
    })
  } finally {
    await new Promise((closed) => other.close(closed))
  }
  // The first key is shown once: a start that came to nothing must not have used it up.
  const { firstKey } = await hub.mustStart()
  expect(firstKey).toMatch(/./)
})

it('an address that others can reach while there is no key', async () => {
  hub = await WholeHub.in({ host: '0.0.0.0' }, null)
  expect(await hub.start()).toMatchObject({
    ok: false,
    reason: 'config',
    message: expect.stringContaining('LLMHUB_ADMIN_KEY_FILE') as string,
  })
})
