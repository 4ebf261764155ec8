import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Control, KeyRecord } from './control.ts'
import { PERMISSIONS } from './control.ts'

/** `reopen` closes nothing: it opens the same store once more, as another process would. */
export interface OpenedControl {
  readonly control: Control
  reopen(): Control
  remove(): void
}

const KEY: KeyRecord = {
  id: 'id0123456789',
  name: 'a key',
  hash: 'ab'.repeat(32),
  project: null,
  permissions: ['query:read', 'ops:read'],
  createdAt: 1_795_000_000_000,
  expiresAt: null,
  revokedAt: null,
  lastUsedAt: null,
}

/** What every control store does. */
export function controlConformance(name: string, open: () => OpenedControl): void {
  describe(`${name} is a control store`, () => {
    let opened: OpenedControl
    let control: Control

    beforeEach(() => {
      opened = open()
      control = opened.control
    })
    afterEach(() => {
      control.close()
      opened.remove()
    })

    /** The same question to this store and to the same store opened again. */
    function everywhere<T>(ask: (control: Control) => T): T {
      const answer = ask(control)
      const other = opened.reopen()
      expect(ask(other)).toEqual(answer)
      other.close()
      return answer
    }

    test('price overrides keep every change, newest first', () => {
      expect(everywhere((store) => store.priceOverrides(10))).toEqual([])
      const first = { version: 'overrides@1', at: 1_795_000_000_000, by: KEY.id, json: '{"m":{}}' }
      const second = { version: 'overrides@none', at: 1_795_000_000_000, by: null, json: '{}' }
      control.putPriceOverrides(first)
      control.putPriceOverrides(second)
      expect(everywhere((store) => store.priceOverrides(10))).toEqual([second, first])
      expect(everywhere((store) => store.priceOverrides(1))).toEqual([second])
    })

    test('a key comes back as it was put', () => {
      const full: KeyRecord = {
        ...KEY,
        id: 'full',
        project: 'shop',
        permissions: [...PERMISSIONS],
        expiresAt: 1_900_000_000_000,
        revokedAt: 1_800_000_000_000,
        lastUsedAt: 1_799_999_999_999,
      }
      control.putKey(KEY)
      control.putKey(full)
      expect(everywhere((store) => store.key(KEY.id))).toEqual(KEY)
      expect(everywhere((store) => store.keys())).toHaveLength(2)
      expect(everywhere((store) => store.key('full'))).toMatchObject({
        project: 'shop',
        expiresAt: 1_900_000_000_000,
        revokedAt: 1_800_000_000_000,
        lastUsedAt: 1_799_999_999_999,
      })
      expect(new Set(control.key('full')?.permissions)).toEqual(new Set(PERMISSIONS))
      expect(control.key('other')).toBeNull()
    })

    test('putting a key again changes it, but never takes back a revocation or last use', () => {
      control.putKey({ ...KEY, lastUsedAt: 20 })
      control.putKey({ ...KEY, revokedAt: 30, lastUsedAt: 10 })
      control.putKey({ ...KEY, name: 'renamed', revokedAt: null })
      expect(everywhere((store) => store.key(KEY.id))).toEqual({
        ...KEY,
        name: 'renamed',
        revokedAt: 30,
        lastUsedAt: 20,
      })
      expect(control.keys()).toHaveLength(1)
    })

    test('names are data', () => {
      const name = `'; DROP TABLE keys; -- "\u0000ä😀`
      control.putKey({ ...KEY, name: name.replace('\u0000', '') })
      expect(control.key(KEY.id)?.name).toBe(name.replace('\u0000', ''))
    })

    test('the project `default` is there from the start; others are put', () => {
      expect(everywhere((store) => store.projects().map((project) => project.name))).toEqual([
        'default',
      ])
      control.putProject({ name: 'shop', createdAt: 5, eventsPerSecond: 0.5 })
      control.putProject({ name: 'shop', createdAt: 9, eventsPerSecond: null })
      expect(everywhere((store) => store.projects())).toContainEqual({
        name: 'shop',
        createdAt: 5,
        eventsPerSecond: null,
      })
    })

    test('a secret is bytes', () => {
      const bytes = Uint8Array.from({ length: 256 }, (_, index) => index)
      expect(control.secret('pepper')).toBeNull()
      control.putSecret('pepper', bytes)
      expect(everywhere((store) => [...(store.secret('pepper') ?? [])])).toEqual([...bytes])
    })

    test('epochs of a lease grow with every taker, in every process, and per name', () => {
      const other = opened.reopen()
      expect(control.takeLease('partition-0', 'a')).toBe(1)
      expect(other.takeLease('partition-0', 'b')).toBe(2)
      expect(control.takeLease('partition-0', 'a')).toBe(3)
      expect(control.takeLease('partition-1', 'a')).toBe(1)
      control.advanceLeases(1000)
      expect(other.takeLease('partition-0', 'b')).toBe(1004)
      expect(other.takeLease('partition-1', 'b')).toBe(1002)
      other.close()
    })

    test('policies of retention are one per project and family', () => {
      control.putRetention({ project: null, family: null, days: 90 })
      control.putRetention({ project: 'shop', family: null, days: 30 })
      control.putRetention({ project: 'shop', family: 'cost', days: 0 })
      control.putRetention({ project: 'shop', family: null, days: 31 })
      expect(everywhere((store) => store.retention())).toEqual([
        { project: null, family: null, days: 90 },
        { project: 'shop', family: null, days: 31 },
        { project: 'shop', family: 'cost', days: 0 },
      ])
      expect(control.deleteRetention(null, null)).toBe(true)
      expect(control.deleteRetention(null, null)).toBe(false)
      expect(everywhere((store) => store.retention())).toHaveLength(2)
    })

    test('a hold is in force until it is released, once', () => {
      const hold = {
        name: 'case-1',
        project: 'shop',
        family: null,
        from: 1_795_000_000_000_000,
        to: null,
        reason: 'a case',
        createdAt: 1_795_000_000_000,
        createdBy: 'id0123456789',
        releasedAt: null,
      }
      control.putHold(hold)
      expect(everywhere((store) => store.holds())).toEqual([hold])
      expect(control.releaseHold('case-2', 5)).toBeNull()
      expect(control.releaseHold('case-1', 5)).toEqual({ ...hold, releasedAt: 5 })
      expect(control.releaseHold('case-1', 6)).toBeNull()
      expect(everywhere((store) => store.holds())).toEqual([{ ...hold, releasedAt: 5 }])
      control.putHold(hold)
      expect(control.holds()).toEqual([hold])
    })

    test('windows are one per name, by name', () => {
      expect(everywhere((store) => store.windows())).toEqual([])
      const first = {
        name: 'b',
        json: '{"by":[]}',
        createdAt: 1_795_000_000_000,
        createdBy: KEY.id,
      }
      const second = { name: 'a', json: '{}', createdAt: 1_795_000_000_001, createdBy: null }
      control.putWindow(first)
      control.putWindow(second)
      expect(everywhere((store) => store.windows())).toEqual([second, first])
      control.putWindow({ ...first, json: '{"by":["model"]}' })
      expect(everywhere((store) => store.windows())[1]?.json).toBe('{"by":["model"]}')
      expect([control.deleteWindow('b'), control.deleteWindow('b')]).toEqual([true, false])
      expect(everywhere((store) => store.windows())).toEqual([second])
    })

    test('progress of an import is kept per file', () => {
      expect(control.importProgress('sha256:1')).toBeNull()
      control.putImportProgress('sha256:1', 2000, false)
      control.putImportProgress('sha256:1', 4000, true)
      expect(everywhere((store) => store.importProgress('sha256:1'))).toEqual({
        rows: 4000,
        done: true,
      })
      expect(control.importProgress('sha256:2')).toBeNull()
      control.forgetImports()
      expect(everywhere((store) => store.importProgress('sha256:1'))).toBeNull()
    })
  })
}
