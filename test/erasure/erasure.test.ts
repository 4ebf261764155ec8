import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { inFolder } from '../support/folder.ts'
import { HubProcess } from '../support/hub-process.ts'
import { runCommand } from '../support/llmhub-command.ts'
import {
  answers,
  erase,
  fill,
  OF_ERASED,
  OF_OTHERS,
  type Receipt,
  receiptOf,
  rolledUp,
  SETTINGS,
} from './erasing.ts'
import { ERASED, OTHERS } from './people.ts'
import { searchFolder } from './search-folder.ts'

/** Runs `use` with a hub on the folder, and lets it stop in order. */
async function serving<T>(
  dataDir: string,
  wal: boolean,
  use: (hub: HubProcess) => Promise<T>,
): Promise<T> {
  const hub = await HubProcess.start({ dataDir, settings: { ...SETTINGS, 'store.wal': wal } })
  try {
    const result = await use(hub)
    await hub.stop()
    for (const printed of [hub.stdout, hub.stderr]) expect(printed).not.toContain(ERASED)
    return result
  } finally {
    await hub.kill()
  }
}

/** What every question about everybody is answered where the erased person never was. */
function withoutThePerson(): Promise<string> {
  return inFolder((folder) =>
    serving(join(folder, 'data'), false, async (hub) => {
      for (let at = 0; at < OF_OTHERS.length; at += 50) {
        await hub.post('/api/v1/events', OF_OTHERS.slice(at, at + 50))
      }
      // Built from everything: what was sent is applied.
      await rolledUp(hub)
      return answers(hub, null)
    }),
  )
}

describe.each([{ wal: false }, { wal: true }])('with a write-ahead log: $wal', ({ wal }) => {
  test('nothing of an erased person is left, and everybody else is as before', async () => {
    await inFolder(async (folder) => {
      const dir = join(folder, 'data')
      const before = await serving(dir, wal, async (hub) => {
        await fill(hub, { alike: false })
        await rolledUp(hub)
        return Promise.all(OTHERS.map((person) => answers(hub, person)))
      })
      for (const aside of ['store/broken-1', 'log/quarantine']) {
        await mkdir(join(dir, aside), { recursive: true })
        await writeFile(join(dir, aside, 'damaged'), `… ${ERASED} …`)
      }
      const there = await searchFolder(dir, ERASED)
      for (const place of ['store/broken-1/damaged', 'log/quarantine/damaged']) {
        expect(there).toContain(place)
      }
      for (const table of ['event_rows', 'reject_rows', 'rollup_users_1d', 'dict_service']) {
        expect(there).toContain(`table ${table}`)
      }
      expect(there.some((place) => /^log 0:\d+ events$/.test(place))).toBe(true)
      expect(there.some((place) => /^log 0:\d+ operation$/.test(place))).toBe(true)
      expect(there.some((place) => /^log 0:\d+ rejects$/.test(place))).toBe(true)

      const receipt = await serving(dir, wal, async (hub) => {
        const dry = await erase(hub, { dry_run: true })
        expect(dry.status).toBe(200)
        const begun = await erase(hub)
        expect(begun.status, begun.text).toBe(202)
        const { id, rows } = JSON.parse(begun.text) as Receipt
        expect((JSON.parse(dry.text) as Receipt).rows).toEqual(rows)
        return receiptOf(hub, id)
      })
      expect(JSON.stringify(receipt)).not.toContain(JSON.stringify(ERASED).slice(1, -1))
      const { own, mentions, left } = receipt.rows
      const total = (counts: Readonly<Record<string, number>>) =>
        Object.values(counts).reduce((sum, n) => sum + n, 0)
      // Three dead letters, and one that became an event.
      expect(total(own) + total(mentions)).toBe(OF_ERASED.length + 3 + 2)
      expect(left).toEqual({})
      expect(receipt.verification).toMatchObject({ by: 'text', failed: 0, left: 0, control: false })

      expect(await searchFolder(dir, ERASED)).toEqual([])
      const [bob] = OTHERS
      expect(await searchFolder(dir, bob)).not.toEqual([])

      const expected = await withoutThePerson()
      const check = async (hub: HubProcess) => {
        const all = await answers(hub, null)
        expect(await Promise.all(OTHERS.map((person) => answers(hub, person)))).toEqual(before)
        expect(all).toBe(expected)
        await rolledUp(hub)
        for (const what of ['log', 'store', 'rollups']) {
          const { status, text } = await hub.post(`/api/v1/verify/${what}`, {})
          expect({
            status,
            problems: (JSON.parse(text) as { problems: unknown }).problems,
          }).toEqual({
            status: 200,
            problems: [],
          })
        }
        expect(await answers(hub, null)).toBe(all)
        return all
      }
      const used = await serving(dir, wal, check)
      await rm(join(dir, 'store'), { recursive: true })
      expect(await serving(dir, wal, check)).toBe(used)
      expect(await searchFolder(dir, ERASED)).toEqual([])

      await serving(dir, wal, async (hub) => {
        const again = JSON.parse((await hub.post('/api/v1/events', OF_ERASED.slice(0, 20))).text)
        expect(again).toMatchObject({ accepted: 0, duplicates: 20, rejected: 0 })
        const anew = OF_ERASED.slice(0, 1).map(({ common, payload }) => ({
          common: { ...common, event_id: 'another' },
          payload,
        }))
        const taken = JSON.parse((await hub.post('/api/v1/events', anew)).text)
        expect(taken).toMatchObject({ accepted: 1 })
      })
    })
  })
})

test('what is held is not erased, a name that only begins alike is left unless asked', async () => {
  await inFolder(async (folder) => {
    const dir = join(folder, 'data')
    await serving(dir, false, async (hub) => {
      await fill(hub, { alike: true })
      const hold = { project: 'default', reason: 'a case', family: 'governance' }
      const put = await hub.send(
        'PUT',
        '/api/v1/holds/case-7',
        JSON.stringify(hold),
        'application/json',
      )
      expect(put.status).toBe(200)
      const before = await answers(hub, null)
      const held = await erase(hub)
      expect(held.status).toBe(409)
      expect(JSON.parse(held.text)).toMatchObject({ code: 'held' })
      expect(held.text).toContain('case-7')
      expect(held.text).not.toContain(ERASED)
      expect(JSON.parse((await erase(hub, { dry_run: true })).text)).toMatchObject({
        held_by: ['case-7'],
      })
      expect(JSON.parse((await hub.get('/api/v1/erasures')).text)).toEqual({ erasures: [] })
      expect(await answers(hub, null)).toBe(before)
      await hub.send('DELETE', '/api/v1/holds/case-7')
      // On a pipe nobody can be asked, and the user id is what must be typed.
      const refused = await runCommand(hub.url, ['erase', '--user-id', ERASED])
      expect(refused).toMatchObject({ code: 2, stdout: '' })
      expect(refused.stderr).toContain('--yes')
      const words = await runCommand(hub.url, ['erase', '--user-id', ERASED, '--yes'])
      expect(words.code, words.stderr).toBe(0)
      const receipt = JSON.parse(words.stdout) as Receipt
      expect(Object.keys(receipt.rows.left)).not.toEqual([])
      const left = Number(receipt.verification?.['left'])
      expect(left).toBeGreaterThan(0)
      const anywhere = JSON.parse((await erase(hub, { mentions: 'anywhere' })).text) as Receipt
      expect(await receiptOf(hub, anywhere.id)).toMatchObject({
        rows: { own: {}, left: {} },
        verification: { failed: 0, left: 0 },
      })
      const { stdout } = await runCommand(hub.url, ['erasures'])
      expect(JSON.parse(stdout)).toHaveLength(2)
    })
    expect(await searchFolder(dir, ERASED)).toEqual([])
  })
})
