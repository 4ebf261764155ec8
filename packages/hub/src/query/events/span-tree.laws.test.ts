import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { type Span, type SpanNode, spanTree } from './span-tree.ts'

function span(id: string, parentId: string | null, start: number, end: number, more = {}): Span {
  const counts = { error: false, cost: null, inputTokens: 0, outputTokens: 0 }
  return { eventId: `e-${id}`, spanId: id, parentId, start, end, ...counts, ...more }
}

function all(node: SpanNode): SpanNode[] {
  return [node, ...node.children.flatMap(all)]
}

const named = (root: SpanNode | null, id: string): SpanNode | undefined =>
  root === null ? undefined : all(root).find((node) => node.span?.spanId === id)

describe('a tree of spans', () => {
  const root = spanTree([
    span('plan', 'run', 10, 30),
    span('run', null, 0, 100, { cost: 5n }),
    span('llm', 'run', 30, 90, { cost: 7n, error: true, inputTokens: 3 }),
    span('cache', 'run', 35, 40),
    span('late', 'llm', 80, 120),
  ])

  it('knows own times: what no child covers', () => {
    expect(root?.span?.spanId).toBe('run')
    expect(root?.selfMicros).toBe(20)
    expect(named(root, 'llm')?.selfMicros).toBe(50)
    expect(named(root, 'plan')?.selfMicros).toBe(20)
  })

  it('rolls up cost, tokens and errors', () => {
    expect(root?.totals).toEqual({
      spans: 5,
      errors: 1,
      cost: 12n,
      inputTokens: 3,
      outputTokens: 0,
    })
  })

  it('marks what the end waited for', () => {
    const critical = root === null ? [] : all(root).filter((node) => node.critical)
    expect(critical.map((node) => node.span?.spanId)).toEqual(['run', 'plan', 'llm', 'late'])
  })

  it('holds orphans and several roots under a root of its own', () => {
    const two = spanTree([span('a', null, 0, 5), span('b', 'gone', 3, 9)])
    expect(two).toMatchObject({ span: null, start: 0, end: 9, totals: { spans: 2 } })
    expect(two?.children.map((child) => [child.span?.spanId, child.orphan])).toEqual([
      ['a', false],
      ['b', true],
    ])
  })

  it('cuts circles apart', () => {
    const circle = spanTree([
      span('b', 'a', 1, 5),
      span('a', 'b', 0, 9),
      span('self', 'self', 2, 3),
    ])
    expect(circle?.totals.spans).toBe(3)
    expect(named(circle, 'a')?.children.map((child) => child.span?.spanId)).toEqual(['b'])
  })

  it('is as deep as it has to be', () => {
    const deep = Array.from({ length: 20_000 }, (_, i) =>
      span(String(i), i === 0 ? null : String(i - 1), i, 20_000),
    )
    expect(spanTree(deep)?.totals.spans).toBe(20_000)
  })
})

const spans = fc
  .array(
    fc.record({
      parent: fc.option(fc.integer({ min: 0, max: 14 }), { nil: null }),
      start: fc.integer({ min: 0, max: 50 }),
      length: fc.integer({ min: 0, max: 50 }),
      cost: fc.option(fc.bigInt({ min: 0n, max: 9n }), { nil: null }),
      error: fc.boolean(),
    }),
    { minLength: 1, maxLength: 12 },
  )
  .map((list) =>
    list.map(({ parent, start, length, cost, error }, i) =>
      span(String(i), parent === null ? null : String(parent), start, start + length, {
        cost,
        error,
      }),
    ),
  )

test('every span is in the tree once, whatever its parents say, and totals are those of all', () => {
  fc.assert(
    fc.property(spans, (list) => {
      const root = spanTree(list)
      if (root === null) throw new Error('no root')
      const nodes = all(root).filter((node) => node.span !== null)
      expect(nodes.map((node) => node.span?.eventId).toSorted()).toEqual(
        list.map(({ eventId }) => eventId).toSorted(),
      )
      expect(root.totals.errors).toBe(list.filter(({ error }) => error).length)
      const costs = list.flatMap(({ cost }) => cost ?? [])
      expect(root.totals.cost).toBe(costs.length === 0 ? null : costs.reduce((a, b) => a + b, 0n))
      for (const node of nodes) {
        expect(node.selfMicros).toBeGreaterThanOrEqual(0)
        expect(node.selfMicros).toBeLessThanOrEqual(node.end - node.start)
        // By definition, tick by tick: the part in which no child is under way.
        let own = 0
        for (let t = node.start; t < node.end; t++) {
          if (!node.children.some((child) => child.start <= t && t < child.end)) own++
        }
        expect(node.selfMicros).toBe(own)
        for (const child of node.children) if (child.critical) expect(node.critical).toBe(true)
      }
      expect(root.critical).toBe(true)
    }),
    { numRuns: 300 },
  )
})
