import { checkWhole } from '../checks.ts'
import type { RandomSource } from '../random/generator.ts'
import { sampleIndex } from '../random/sampling.ts'
import { StatsError } from '../stats-error.ts'

export interface RandomCutForestOptions {
  /** Default 50. */
  readonly trees?: number
  /** Points that each tree holds, a uniform sample of those given. Default 128. */
  readonly sample?: number
  /** Values of a series that make a point. Default 1: each value, or row, is one. */
  readonly shingle?: number
}

interface Leaf {
  parent: Branch | null
  /** How many equal points it stands for. */
  count: number
  readonly point: Float64Array
}

interface Branch {
  parent: Branch | null
  count: number
  readonly column: number
  readonly cut: number
  left: Node
  right: Node
  readonly low: Float64Array
  readonly high: Float64Array
}

type Node = Leaf | Branch

/**
 * Robust random cut forest of a stream (Guha, Mishra, Roy and Schrijvers 2016): trees of random cuts, a column with the probability of its
 * range, over a uniform sample of the points so far, in which a point is entered and others deleted without growing the tree
 * again. The score is the collusive displacement: how many points a point would move up in the tree, per point
 * that would go with it, at the worst. It knows no scale: give columns of comparable ranges.
 *
 * Memory is trees · sample · (2 · columns + 10) doubles at most. A point costs O(trees · depth · columns).
 */
export class RandomCutForest {
  readonly #random: RandomSource
  readonly #sample: number
  readonly #shingle: number
  readonly #trees: { root: Node | null; readonly leaves: Leaf[] }[]
  readonly #latest: number[] = []
  #columns = 0
  #seen = 0

  constructor(random: RandomSource, options: RandomCutForestOptions = {}) {
    const { trees = 50, sample = 128, shingle = 1 } = options
    checkWhole(trees, 1, 'options.trees')
    checkWhole(sample, 2, 'options.sample')
    checkWhole(shingle, 1, 'options.shingle')
    this.#random = random
    this.#sample = sample
    this.#shingle = shingle
    this.#trees = Array.from({ length: trees }, () => ({ root: null, leaves: [] }))
  }

  /** Points held by a tree. */
  get size(): number {
    return this.#trees[0]?.leaves.length ?? 0
  }

  /** Takes the next value of a series; its score with the values before it, or null while there are fewer than `shingle`. */
  update(value: number): number | null {
    this.#latest.push(value)
    if (this.#latest.length > this.#shingle) this.#latest.shift()
    return this.#latest.length < this.#shingle ? null : this.add(this.#latest)
  }

  /** Score of a point, which then joins the sample by chance. Numbers within ±1e300, as many each time; a StatsError otherwise. */
  add(values: ArrayLike<number>): number {
    const point = Float64Array.from(values)
    if (this.#seen === 0) this.#columns = point.length
    if (point.length !== this.#columns || point.length === 0)
      throw new StatsError('length', 'values', `${point.length} numbers, not ${this.#columns}`)
    if (!point.every((value) => Math.abs(value) <= 1e300))
      throw new StatsError('not_finite', 'values', 'not all are numbers within ±1e300')
    this.#seen++
    let sum = 0
    for (const tree of this.#trees) {
      const full = tree.leaves.length >= this.#sample
      const joins = !full || this.#random() * this.#seen < this.#sample
      if (full && joins) {
        const at = sampleIndex(this.#random, tree.leaves.length)
        tree.root = removed(tree.root, tree.leaves[at] as Leaf)
        tree.leaves.splice(at, 1)
      }
      const [root, leaf] = inserted(tree.root, point, this.#random)
      sum += displacement(leaf)
      tree.root = root
      if (joins) tree.leaves.push(leaf)
      else tree.root = removed(root, leaf)
    }
    return sum / this.#trees.length
  }
}

const isLeaf = (node: Node): node is Leaf => 'point' in node

function displacement(leaf: Leaf): number {
  let most = 0
  let node: Node = leaf
  while (node.parent !== null) {
    const { left, right }: Branch = node.parent
    const sibling: Node = left === node ? right : left
    most = Math.max(most, sibling.count / node.count)
    node = node.parent
  }
  return most
}

function inserted(root: Node | null, point: Float64Array, random: RandomSource): [Node, Leaf] {
  const leaf: Leaf = { parent: null, count: 1, point }
  if (root === null) return [leaf, leaf]
  let node = root
  for (;;) {
    if (isLeaf(node) && node.point.every((value, j) => value === point[j])) {
      for (let up: Node | null = node; up !== null; up = up.parent) up.count++
      return [root, node]
    }
    const [low, high] = isLeaf(node) ? [node.point, node.point] : [node.low, node.high]
    const cut = cutOf(low, high, point, random)
    const value = point[cut.column] as number
    // A cut between the box and the point parts them here; else the node keeps its own cut, as if it had been drawn.
    if (cut.value < (low[cut.column] as number) || cut.value >= (high[cut.column] as number)) {
      const { parent } = node
      const first = value <= cut.value
      const branch: Branch = {
        parent,
        count: node.count + 1,
        column: cut.column,
        cut: cut.value,
        left: first ? leaf : node,
        right: first ? node : leaf,
        low: point.map((one, j) => Math.min(one, low[j] as number)),
        high: point.map((one, j) => Math.max(one, high[j] as number)),
      }
      if (parent !== null && parent.left === node) parent.left = branch
      else if (parent !== null) parent.right = branch
      leaf.parent = branch
      node.parent = branch
      for (let up = parent; up !== null; up = up.parent) up.count++
      return [parent === null ? branch : root, leaf]
    }
    const branch = node as Branch
    for (const [j, one] of point.entries()) {
      branch.low[j] = Math.min(one, branch.low[j] as number)
      branch.high[j] = Math.max(one, branch.high[j] as number)
    }
    node = (point[branch.column] as number) <= branch.cut ? branch.left : branch.right
  }
}

/** A cut of the box with the point, each column with the probability of its range. */
function cutOf(
  low: Float64Array,
  high: Float64Array,
  point: Float64Array,
  random: RandomSource,
): { readonly column: number; readonly value: number } {
  let total = 0
  const range = (j: number): readonly [number, number] => {
    const one = point[j] as number
    return [Math.min(one, low[j] as number), Math.max(one, high[j] as number)]
  }
  for (let j = 0; j < point.length; j++) {
    const [from, to] = range(j)
    total += to / 4 - from / 4
  }
  let left = random() * total
  let last = 0
  for (let j = 0; j < point.length; j++) {
    const [from, to] = range(j)
    const width = to / 4 - from / 4
    if (to > from) last = j
    if (left < width) {
      // The upper end would leave nothing on its side.
      const value = from + 4 * left
      return { column: j, value: value < to ? value : from }
    }
    left -= width
  }
  return { column: last, value: range(last)[0] }
}

function removed(root: Node | null, leaf: Leaf): Node | null {
  if (leaf.count > 1) {
    for (let up: Node | null = leaf; up !== null; up = up.parent) up.count--
    return root
  }
  const { parent } = leaf
  if (parent === null) return null
  const sibling = parent.left === leaf ? parent.right : parent.left
  const above = parent.parent
  sibling.parent = above
  if (above === null) return sibling
  if (above.left === parent) above.left = sibling
  else above.right = sibling
  for (let up: Branch | null = above; up !== null; up = up.parent) {
    up.count--
    shrink(up)
  }
  return root
}

function shrink(branch: Branch): void {
  const bounds = (node: Node): readonly [Float64Array, Float64Array] =>
    isLeaf(node) ? [node.point, node.point] : [node.low, node.high]
  const [leftLow, leftHigh] = bounds(branch.left)
  const [rightLow, rightHigh] = bounds(branch.right)
  for (let j = 0; j < branch.low.length; j++) {
    branch.low[j] = Math.min(leftLow[j] as number, rightLow[j] as number)
    branch.high[j] = Math.max(leftHigh[j] as number, rightHigh[j] as number)
  }
}
