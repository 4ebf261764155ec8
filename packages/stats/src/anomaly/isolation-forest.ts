import { checkWhole } from '../checks.ts'
import { createMatrix, type Matrix } from '../linear/matrix.ts'
import type { RandomSource } from '../random/generator.ts'
import { sampleIndex, sampleWithoutReplacement } from '../random/sampling.ts'
import { StatsError } from '../stats-error.ts'

export interface IsolationForestOptions {
  /** Default 100. */
  readonly trees?: number
  /** Rows that each tree is grown from, or all where there are fewer. Default 256. */
  readonly sample?: number
}

export interface IsolationForest {
  /**
   * Score of a row, 0 to 1: 2^(−E(h) / c(sample)), where h is the depth at which a tree isolates it. About 0.5 for usual rows, towards 1 for
   * anomalies. O(trees · log sample).
   */
  readonly score: (row: ArrayLike<number>) => number
  readonly trees: number
}

const EULER = 0.577_215_664_901_532_9

/** Mean depth of a search that fails in a binary search tree of n keys. */
function meanDepth(n: number): number {
  if (n < 2) return 0
  if (n === 2) return 1
  return 2 * (Math.log(n - 1) + EULER) - (2 * (n - 1)) / n
}

interface Tree {
  /** Column that a node splits, −1 of a leaf; the value, or the mean depth below the leaf; places of the two children. */
  readonly column: Int32Array
  readonly value: Float64Array
  readonly left: Int32Array
}

/**
 * Isolation forest (Liu, Ting and Zhou 2008): random splits of random columns isolate what is unlike the rest in few steps. Of
 * rows of finite numbers, one or more; a StatsError otherwise. O(trees · sample · log sample); the same random source gives the same forest.
 */
export function isolationForest(
  rows: Matrix,
  random: RandomSource,
  options: IsolationForestOptions = {},
): IsolationForest {
  const { trees = 100, sample = 256 } = options
  checkWhole(trees, 1, 'options.trees')
  checkWhole(sample, 2, 'options.sample')
  if (rows.rows < 1 || rows.columns < 1)
    throw new StatsError('too_few', 'rows', 'one row and one column are needed')
  if (!rows.data.every(Number.isFinite))
    throw new StatsError('not_finite', 'rows', 'not all are finite numbers')
  const size = Math.min(sample, rows.rows)
  const depth = Math.ceil(Math.log2(Math.max(2, size)))
  const forest = Array.from({ length: trees }, () =>
    grow(rows, Int32Array.from(sampleWithoutReplacement(random, rows.rows, size)), depth, random),
  )
  const usual = meanDepth(size)
  return {
    trees,
    score: (row) => {
      if (row.length !== rows.columns)
        throw new StatsError('length', 'row', `${row.length} numbers for ${rows.columns} columns`)
      let sum = 0
      for (const tree of forest) sum += depthOf(tree, row)
      return usual === 0 ? 0.5 : 2 ** (-sum / trees / usual)
    },
  }
}

function depthOf({ column, value, left }: Tree, row: ArrayLike<number>): number {
  let node = 0
  let depth = 0
  for (;;) {
    const split = column[node] as number
    if (split < 0) return depth + (value[node] as number)
    const child = left[node] as number
    node = (row[split] as number) < (value[node] as number) ? child : child + 1
    depth++
  }
}

function grow(rows: Matrix, chosen: Int32Array, depth: number, random: RandomSource): Tree {
  const most = 2 * chosen.length
  const tree: Tree = {
    column: new Int32Array(most).fill(-1),
    value: new Float64Array(most),
    left: new Int32Array(most),
  }
  let nodes = 1
  const at = (row: number, column: number): number =>
    rows.data[(chosen[row] as number) * rows.columns + column] as number
  const split = (node: number, first: number, end: number, left: number): void => {
    const columns = left > 0 && end - first > 1 ? varying(first, end) : []
    const column =
      columns.length === 0 ? -1 : (columns[sampleIndex(random, columns.length)] as number)
    if (column < 0) {
      tree.value[node] = meanDepth(end - first)
      return
    }
    const [low, high] = rangeOf(first, end, column)
    // In halves, so that the distance of ±1e308 does not overflow; never the low end, so that both sides hold rows.
    const u = 1 - random()
    const at0 = Math.min(high, Math.max(low * (1 - u) + high * u, low))
    const value = at0 > low ? at0 : high
    let middle = first
    for (let i = first; i < end; i++) {
      if (at(i, column) >= value) continue
      const row = chosen[i] as number
      chosen[i] = chosen[middle] as number
      chosen[middle++] = row
    }
    tree.column[node] = column
    tree.value[node] = value
    const child = nodes
    tree.left[node] = child
    nodes += 2
    split(child, first, middle, left - 1)
    split(child + 1, middle, end, left - 1)
  }
  const rangeOf = (first: number, end: number, column: number): readonly [number, number] => {
    let [low, high] = [at(first, column), at(first, column)]
    for (let i = first + 1; i < end; i++) {
      low = Math.min(low, at(i, column))
      high = Math.max(high, at(i, column))
    }
    return [low, high]
  }
  const varying = (first: number, end: number): number[] =>
    Array.from({ length: rows.columns }, (_, column) => column).filter((column) => {
      const [low, high] = rangeOf(first, end, column)
      return high > low
    })
  split(0, 0, chosen.length, depth)
  return tree
}

/** Windows of `width` values as rows, one from each place: what makes a forest or a projection of a series. O(n · width). */
export function windowsOf(values: ArrayLike<number>, width: number): Matrix {
  checkWhole(width, 1, 'width')
  const count = Math.max(0, values.length - width + 1)
  const windows = createMatrix(count, width)
  for (let i = 0; i < count; i++)
    for (let j = 0; j < width; j++) windows.data[i * width + j] = values[i + j] as number
  return windows
}
