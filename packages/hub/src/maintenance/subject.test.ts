import { BatchBuilder, eraseRows } from '@llmhub/stream'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Subject } from './subject.ts'

const EVENTS = [
  { name: 'project', type: 'dict' },
  { name: 'user_id', type: 'text' },
  { name: 'actor', type: 'text' },
  { name: 'service', type: 'dict' },
  { name: 'error_message', type: 'text' },
  { name: 'tags', type: 'tags' },
] as const
const LETTERS = [
  { name: 'project', type: 'dict' },
  { name: 'event_id', type: 'text' },
  { name: 'body', type: 'text' },
] as const

interface Event {
  readonly user?: string
  readonly actor?: string
  readonly service?: string
  readonly message?: string
  readonly tags?: readonly (readonly [string, string])[]
}

function events(...rows: readonly Event[]) {
  const builder = new BatchBuilder(EVENTS)
  for (const { user, actor, service, message, tags = [] } of rows) {
    const row = builder.addRow()
    builder.dict('project').set(row, 'u-1')
    if (user !== undefined) builder.text('user_id').set(row, user)
    if (actor !== undefined) builder.text('actor').set(row, actor)
    if (service !== undefined) builder.dict('service').set(row, service)
    if (message !== undefined) builder.text('error_message').set(row, message)
    for (const [key, value] of tags) builder.tags('tags').add(row, key, value)
  }
  return builder.finish()
}

describe('rows of a subject', () => {
  it('are its own, name it as a word, or have its characters inside another word', () => {
    const batch = events(
      { user: 'u-1' },
      { user: 'u-12', message: 'as u-1 said' },
      { actor: 'u-1' },
      { user: 'u-12' },
      { service: 'u-1', user: 'other' },
      { tags: [['owner', 'u-1']] },
      { tags: [['u-1', 'x']] },
      { user: 'other' },
      { message: 'x' },
    )
    expect([...new Subject('u-1').rowsOf(batch, 'events')].toSorted(([a], [b]) => a - b)).toEqual([
      [0, { relation: 'own', column: 'user_id' }],
      [1, { relation: 'word', column: 'error_message' }],
      [2, { relation: 'own', column: 'actor' }],
      [3, { relation: 'inside', column: 'user_id' }],
      [4, { relation: 'word', column: 'service' }],
      [5, { relation: 'word', column: 'tags' }],
      [6, { relation: 'word', column: 'tags' }],
    ])
  })

  it('are no rows that are erased already', () => {
    const erased = eraseRows(events({ user: 'u-1' }, { user: 'u-1' }), new Set([0]), ['project'])
    expect([...new Subject('u-1').rowsOf(erased, 'events').keys()]).toEqual([1])
  })

  it('are found whatever the name is made of, and no byte search misses a row', () => {
    const texts = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 6 })
    fc.assert(
      fc.property(
        texts,
        fc.array(fc.tuple(texts, fc.boolean()), { maxLength: 20 }),
        (name, rows) => {
          const subject = new Subject(name)
          const batch = events(
            ...rows.map(([text, has]) => ({ message: has ? `${text}${name}${text}` : text })),
          )
          const found = subject.rowsOf(batch, 'events')
          for (const [row, [text, has]] of rows.entries()) {
            expect(found.has(row)).toBe(has || subject.relationOf(text) !== null)
            expect(found.has(row) || !text.includes(name)).toBe(true)
          }
        },
      ),
    )
  })
})

describe('a name as a word', () => {
  const cases: readonly (readonly [name: string, text: string, relation: string | null])[] = [
    ['u-1', 'u-1', 'word'],
    ['u-1', 'said u-1.', 'word'],
    ['u-1', 'user:u-1/session', 'word'],
    ['u-1', '{"a":"u-1"}', 'word'],
    ['u-1', String.raw`{"a":"first\nu-1"}`, 'word'],
    ['u-1', 'u-1-2', 'inside'],
    ['u-1', 'evt-u-1', 'inside'],
    ['u-1', 'u-12', 'inside'],
    ['ann', 'ann@host.example', 'inside'],
    ['ann@host.example', 'from ann@host.example, to all', 'word'],
    ['ann@host.example', 'joann@host.example', 'inside'],
    ['a"b\\c', JSON.stringify({ x: 'a"b\\c' }), 'word'],
    ['jürgen', String.raw`{"x":"j\u00fcrgen"}`, 'word'],
    ['jürgen', String.raw`{"x":"j\u00FCrgen"}`, 'word'],
    ['(a+b)*', 'x (a+b)* y', 'word'],
    ['bob', 'alice', null],
  ]
  it.each(cases)('%s in %s: %s', (name, text, relation) => {
    expect(new Subject(name).relationOf(text)).toBe(relation)
  })
})

it('a dead letter with the name as a value is the subject’s own', () => {
  const builder = new BatchBuilder(LETTERS)
  for (const body of ['{"payload":{"user_id":"u-1"}}', '{"m":"ask u-1 about it"}', '{"m":"x"}']) {
    const row = builder.addRow()
    builder.text('body').set(row, body)
  }
  const found = new Subject('u-1').rowsOf(builder.finish(), 'rejects')
  expect([...found.values()].map(({ relation }) => relation)).toEqual(['own', 'word'])
})
