import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { WholeHub } from '../scenarios/whole-hub.ts'
import {
  answersOf,
  bytesIn,
  type Expected,
  FIXTURES,
  isReleased,
  MAKE,
  MOST_BYTES,
  presentFormats,
  presentRelease,
  SETTINGS,
  unpack,
  untilReady,
} from './fixture.ts'
import { IMPORTED, IMPORTED_FILE, liveBatches, QUESTIONS, SHOP } from './release-data.ts'

/* Every release so far wrote a data folder; this program opens a copy of each and knows all that was in it. */

const present = presentRelease()
const releases = existsSync(FIXTURES) ? readdirSync(FIXTURES) : []

function expectedOf(release: string): Expected {
  return JSON.parse(readFileSync(join(FIXTURES, release, 'expected.json'), 'utf8')) as Expected
}

it('the present release has a fixture', () => {
  expect(releases, `run: ${MAKE}`).toContain(present)
})

describe.each(releases)('a folder of release %s', (release) => {
  const expected = expectedOf(release)
  const isCurrent = JSON.stringify(expected.formats) === JSON.stringify(presentFormats())
  const isMakable = release === present && !isReleased(release)
  let hub: WholeHub

  beforeAll(async () => {
    hub = await WholeHub.in(SETTINGS)
    if (isMakable && !isCurrent) return
    unpack(release, hub.dir)
    await hub.mustStart()
    await untilReady(hub)
  })

  afterAll(async () => {
    await hub.remove()
  })

  it('is of the formats of that release, whose migrations nobody edited', () => {
    const why = `${release} is not released yet and its formats changed since; run: ${MAKE}`
    expect(isCurrent || !isMakable, why).toBe(true)
    const now = presentFormats()
    expect(now.control).toMatchObject(expected.formats.control)
    expect(now.store).toMatchObject(expected.formats.store)
    expect(bytesIn(join(FIXTURES, release))).toBeLessThanOrEqual(MOST_BYTES)
  })

  const answersNow = (): ReturnType<typeof answersOf> =>
    answersOf(
      hub,
      expected.answers.map(({ path, body }) => [path, body] as const),
    )

  const problems = async (): Promise<unknown[]> => {
    const found: unknown[] = []
    for (const what of ['log', 'store', 'rollups']) {
      const { status, body } = await hub.call(`/api/v1/verify/${what}`, undefined, 'POST')
      found.push(...(status === 200 ? (body['problems'] as unknown[]) : [what, body]))
    }
    return found
  }

  const ask = (key: string, question = QUESTIONS[0]?.[1]): Promise<Response> =>
    fetch(`${hub.url}/api/v1/query`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify(question),
    })

  /** Sends every event again; the answer is how many were no duplicates. */
  const unknownOf = async (): Promise<number> => {
    let unknown = 0
    for (const batch of [...liveBatches(), IMPORTED]) {
      const { body } = await hub.send(batch)
      unknown += batch.length - Number(body['duplicates'])
    }
    const shop = await fetch(`${hub.url}/api/v1/events`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${expected.keys.shop}`,
        'content-type': 'application/json',
      },
      body: JSON.stringify(SHOP),
    })
    const { duplicates } = (await shop.json()) as { duplicates: number }
    return unknown + SHOP.length - duplicates
  }

  it.skipIf(isMakable && !isCurrent)('gives the same answers', async () => {
    expect(expected.answers.length).toBeGreaterThanOrEqual(10)
    expect(await answersNow()).toEqual(expected.answers)
    expect(await problems()).toEqual([])
  })

  it.skipIf(isMakable && !isCurrent)(
    'knows keys, projects, prices, retention and imports',
    async () => {
      expect((await ask(expected.keys.reader)).status).toBe(200)
      expect((await ask(expected.keys.revoked)).status).toBe(401)
      const { body: projects } = await hub.call('/api/v1/projects')
      expect(projects['projects']).toEqual([
        expect.objectContaining({ name: 'default', created_at: expect.stringMatching(/^20[2-9]/) }),
        expect.objectContaining({ name: 'shop', events_per_second: 5000 }),
      ])
      const { body: prices } = await hub.call('/api/v1/prices/overrides')
      expect(JSON.stringify(prices)).toContain('unlisted')
      const { body: retention } = await hub.call('/api/v1/retention')
      expect(retention['policies']).toEqual([expect.objectContaining({ project: 'shop', days: 0 })])
      const { body: held } = await hub.call('/api/v1/holds')
      expect(held['holds']).toEqual([expect.objectContaining({ name: 'audit', project: 'shop' })])
      const { body: progress } = await hub.call(`/api/v1/imports/${IMPORTED_FILE}`)
      expect(progress).toEqual({ rows: IMPORTED.length, done: true })
    },
  )

  it.skipIf(isMakable && !isCurrent)('knows every event that is sent again', async () => {
    expect(await unknownOf()).toBe(0)
  })

  it.skipIf(isMakable && !isCurrent)(
    'is the same when store and indexes are made anew from the log',
    async () => {
      await hub.stop()
      rmSync(join(hub.dir, 'dedup'), { recursive: true })
      await hub.rebuild()
      expect(await answersNow()).toEqual(expected.answers)
      expect(await problems()).toEqual([])
      expect(await unknownOf()).toBe(0)
    },
  )
})
