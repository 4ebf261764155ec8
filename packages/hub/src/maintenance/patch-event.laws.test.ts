import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { NO_PATCH, PATCH_LIMITS, patchEvent, patchIssues } from './patch-event.ts'

const key = fc.oneof(
  fc.string({ maxLength: 6 }),
  fc.constantFrom('a/b', 'm~n', '~1', '', '0', 'payload'),
)
const safeKey = key.filter((each) => !['__proto__', 'constructor', 'prototype'].includes(each))
const object = fc.dictionary(safeKey, fc.jsonValue({ maxDepth: 3 }), { noNullPrototype: true })
const pointerOf = (keys: readonly string[]): string =>
  keys.map((each) => `/${each.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')

function at(value: unknown, keys: readonly string[]): unknown {
  return keys.reduce<unknown>(
    (found, each) =>
      typeof found === 'object' && found !== null
        ? (found as Record<string, unknown>)[each]
        : undefined,
    value,
  )
}

describe('a patch', () => {
  it('without pointers is a copy', () => {
    fc.assert(
      fc.property(object, (event) => {
        const patched = patchEvent(event, NO_PATCH)
        expect(patched).toEqual({ ok: true, event })
      }),
    )
  })

  it('sets what can be read at its pointer, leaves the event alone, and twice is once', () => {
    const path = fc.array(safeKey, { minLength: 1, maxLength: 4 })
    fc.assert(
      fc.property(object, path, fc.jsonValue({ maxDepth: 1 }), (event, keys, value) => {
        const before = structuredClone(event)
        const patch = { set: { [pointerOf(keys)]: value }, unset: [] }
        expect(patchIssues(patch)).toEqual([])
        const patched = patchEvent(event, patch)
        expect(event).toEqual(before)
        fc.pre(patched.ok)
        expect(at(patched.event, keys)).toEqual(value)
        expect(patchEvent(patched.event, patch)).toEqual(patched)
      }),
    )
  })

  it('takes out what it names and nothing else', () => {
    fc.assert(
      fc.property(object, safeKey, (event, name) => {
        const { [name]: _, ...rest } = event
        const patched = patchEvent(event, { set: {}, unset: [pointerOf([name])] })
        expect(patched).toEqual({ ok: true, event: rest })
      }),
    )
  })

  it('takes array items by index, and - behind the last', () => {
    const patch = (set: Record<string, unknown>, unset: string[] = []): unknown => {
      const patched = patchEvent({ a: [1, 2] }, { set, unset })
      return patched.ok ? patched.event : patched.issue.message
    }
    expect(patch({ '/a/-': 3 })).toEqual({ a: [1, 2, 3] })
    expect(patch({ '/a/0': 3 })).toEqual({ a: [3, 2] })
    expect(patch({}, ['/a/0'])).toEqual({ a: [2] })
    expect(patch({}, ['/a/length', '/b/c', '/a/00'])).toEqual({ a: [1, 2] })
    expect(patch({ '/a/3': 3 })).toContain('beyond the end')
    expect(patch({ '/a/length': 0 })).toContain('no index')
    expect(patch({ '/a/0/b': 3 })).toContain('neither object nor array')
  })

  it.each([
    ['payload', 'no JSON pointer'],
    ['', 'no JSON pointer'],
    ['/a~2', 'neither ~0 nor ~1'],
    ['/__proto__/polluted', 'not allowed'],
    ['/payload/constructor/prototype/x', 'not allowed'],
    ['/'.repeat(PATCH_LIMITS.depth + 1), 'deeper'],
    [`/${'x'.repeat(PATCH_LIMITS.pointerLength)}`, 'longer'],
  ])('that names %j is refused', (pointer, message) => {
    const set = { set: Object.fromEntries([[pointer, 1]]), unset: [] }
    const unset = { set: {}, unset: [pointer] }
    for (const patch of [set, unset]) {
      expect(patchIssues(patch)[0]?.message).toContain(message)
      expect(patchEvent({}, patch)).toMatchObject({ ok: false })
    }
    expect({}).not.toHaveProperty('polluted')
  })

  it('with too many pointers is refused', () => {
    const unset = Array.from({ length: PATCH_LIMITS.pointers + 1 }, (_, i) => `/a${i}`)
    expect(patchIssues({ set: {}, unset })).toHaveLength(1)
  })
})
