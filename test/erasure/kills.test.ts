import { join } from 'node:path'
import { expect, test } from 'vitest'
import { inFolder } from '../support/folder.ts'
import { HubProcess, pause } from '../support/hub-process.ts'
import { Seeded } from '../support/seeded.ts'
import { answers, erase, fill, type Receipt, receiptOf, rolledUp, SETTINGS } from './erasing.ts'
import { ERASED, OTHERS } from './people.ts'
import { searchFolder } from './search-folder.ts'

const KILLS = 5
/** About how long an erasure of this little data takes. */
const LONGEST_MS = 700

test('an erasure that is killed again and again comes to the same end', async () => {
  await inFolder(
    async (folder) => {
      const random = new Seeded(11)
      const start = { dataDir: join(folder, 'data'), settings: SETTINGS }
      let hub = await HubProcess.start(start)
      try {
        await fill(hub, { alike: false })
        await rolledUp(hub)
        const before = await Promise.all(OTHERS.map((person) => answers(hub, person)))
        const begun = await erase(hub)
        expect(begun.status, begun.text).toBe(202)
        const { id, rows } = JSON.parse(begun.text) as Receipt
        for (let kill = 0; kill < KILLS; kill++) {
          await pause(random.int(LONGEST_MS))
          await hub.kill()
          hub = HubProcess.spawn(start)
          // Some die while they start, and so while they go on with it.
          if (kill < KILLS - 1 && random.chance(0.3)) continue
          await hub.ready()
        }
        await hub.ready()
        const receipt = await receiptOf(hub, id)
        expect(receipt.rows).toEqual(rows)
        expect(receipt.verification).toMatchObject({ failed: 0 })
        expect(await Promise.all(OTHERS.map((person) => answers(hub, person)))).toEqual(before)
        expect(JSON.parse((await erase(hub, { dry_run: true })).text)).toMatchObject({
          rows: { own: {}, mentions: {}, left: {} },
        })
        await hub.stop()
        for (const printed of [hub.stdout, hub.stderr]) expect(printed).not.toContain(ERASED)
        expect(await searchFolder(start.dataDir, ERASED)).toEqual([])
      } finally {
        await hub.kill()
      }
    },
    { keep: true },
  )
})
