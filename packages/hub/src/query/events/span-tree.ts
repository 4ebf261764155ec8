/**
 * Spans of a trace → a tree. A span's own time is what none of its children covers; its critical path is
 * the chain of spans that its end waited for: shortening anything else does not make it end earlier.
 * Times are epoch microseconds, money is pico-dollars.
 */

export interface Span {
  readonly eventId: string
  readonly spanId: string | null
  /** Span id of the parent, or id of the event that caused this one. */
  readonly parentId: string | null
  readonly start: number
  /** At or after the start. */
  readonly end: number
  readonly error: boolean
  readonly cost: bigint | null
  readonly inputTokens: number
  readonly outputTokens: number
}

export interface Totals {
  spans: number
  errors: number
  cost: bigint | null
  inputTokens: number
  outputTokens: number
}

export interface SpanNode<S extends Span = Span> {
  /** Null for the root that was made up to hold several. */
  readonly span: S | null
  readonly start: number
  readonly end: number
  /** The parent it names is not in the trace. */
  readonly orphan: boolean
  readonly selfMicros: number
  critical: boolean
  /** Of itself and everything below. */
  readonly totals: Totals
  readonly children: readonly SpanNode<S>[]
}

/**
 * The root, null without spans. Where there is not exactly one span without a parent, a root that is no
 * span holds all of those, and those whose parent is missing. Spans that are each other's parents are
 * cut apart at the earliest. Linear but for sorting; no recursion, whatever the depth.
 */
export function spanTree<S extends Span>(spans: readonly S[]): SpanNode<S> | null {
  if (spans.length === 0) return null
  const ordered = spans.toSorted(
    (a, b) => a.start - b.start || b.end - a.end || (a.eventId < b.eventId ? -1 : 1),
  )
  const parents = parentsOf(ordered)
  const children = ordered.map((): number[] => [])
  const tops: number[] = []
  for (const [at, parent] of parents.entries()) {
    if (parent === null) tops.push(at)
    else children[parent]?.push(at)
  }
  const nodes: (SpanNode<S> | undefined)[] = []
  for (const at of deepestFirst(tops, children)) {
    const span = ordered[at] as S
    const below = (children[at] ?? []).map((child) => nodes[child] as SpanNode<S>)
    const isOrphan = parents[at] === null && span.parentId !== null
    nodes[at] = nodeOf(span, span.start, span.end, isOrphan, below)
  }
  const roots = tops.map((at) => nodes[at] as SpanNode<S>)
  const [only] = roots
  const root =
    roots.length === 1 && only !== undefined && !only.orphan
      ? only
      : nodeOf<S>(
          null,
          roots.reduce((least, node) => Math.min(least, node.start), Number.POSITIVE_INFINITY),
          roots.reduce((most, node) => Math.max(most, node.end), 0),
          false,
          roots,
        )
  markCritical(root)
  return root
}

/** Index of each span's parent; null where it has none, it is missing, or the chain leads back. */
function parentsOf(spans: readonly Span[]): (number | null)[] {
  const bySpan = new Map<string, number>()
  const byEvent = new Map<string, number>()
  for (const [at, { spanId, eventId }] of spans.entries()) {
    if (spanId !== null && !bySpan.has(spanId)) bySpan.set(spanId, at)
    if (!byEvent.has(eventId)) byEvent.set(eventId, at)
  }
  const parents = spans.map(({ parentId }, at): number | null => {
    if (parentId === null) return null
    const parent = bySpan.get(parentId) ?? byEvent.get(parentId) ?? null
    return parent === at ? null : parent
  })
  // Spans come by start: the first of a circle that is met is its earliest, and becomes a top.
  const safe = spans.map(() => false)
  for (const start of spans.keys()) {
    const path = new Set<number>()
    let at: number | null = start
    while (at !== null && !safe[at] && !path.has(at)) {
      path.add(at)
      at = parents[at] ?? null
    }
    if (at !== null && path.has(at)) {
      const circle = [...path].slice([...path].indexOf(at))
      parents[Math.min(...circle)] = null
    }
    for (const each of path) safe[each] = true
  }
  return parents
}

function deepestFirst(tops: readonly number[], children: readonly (readonly number[])[]): number[] {
  const order = [...tops]
  for (let i = 0; i < order.length; i++) order.push(...(children[order[i] as number] ?? []))
  return order.reverse()
}

function nodeOf<S extends Span>(
  span: S | null,
  start: number,
  end: number,
  orphan: boolean,
  children: readonly SpanNode<S>[],
): SpanNode<S> {
  const totals: Totals = {
    spans: span === null ? 0 : 1,
    errors: span?.error === true ? 1 : 0,
    cost: span?.cost ?? null,
    inputTokens: span?.inputTokens ?? 0,
    outputTokens: span?.outputTokens ?? 0,
  }
  for (const { totals: below } of children) {
    totals.spans += below.spans
    totals.errors += below.errors
    totals.inputTokens += below.inputTokens
    totals.outputTokens += below.outputTokens
    if (below.cost !== null) totals.cost = (totals.cost ?? 0n) + below.cost
  }
  const covered = coveredMicros(start, end, children)
  const selfMicros = span === null ? 0 : end - start - covered
  return { span, start, end, orphan, selfMicros, critical: false, totals, children }
}

/** How much of [start, end) the children cover together. They come by start. */
function coveredMicros(start: number, end: number, children: readonly SpanNode[]): number {
  let covered = 0
  let reached = start
  for (const child of children) {
    const from = Math.max(child.start, reached)
    const to = Math.min(child.end, end)
    if (to > from) {
      covered += to - from
      reached = to
    }
  }
  return covered
}

function markCritical(root: SpanNode): void {
  const open: { readonly node: SpanNode; readonly until: number }[] = [
    { node: root, until: root.end },
  ]
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { node, until } = next
    node.critical = true
    let reached = Math.min(until, node.end)
    for (const child of node.children.toSorted((a, b) => b.end - a.end)) {
      // What ends after its parent is cut there: the parent did not wait for the rest.
      const end = Math.min(child.end, node.end)
      if (end > reached || child.start >= reached) continue
      open.push({ node: child, until: end })
      reached = child.start
    }
  }
}
