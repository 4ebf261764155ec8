import { checkFinite, checkWithin } from '../checks.ts'
import { StatsError } from '../stats-error.ts'

/** An element of a dimension (the model gpt-x), with what was expected and what came. */
export interface DimensionElement {
  readonly name: string
  readonly expected: number
  readonly actual: number
  /** Denominators, where the measure is a ratio and the above are its numerators. */
  readonly expectedOver?: number
  readonly actualOver?: number
}

export interface Dimension {
  readonly name: string
  readonly elements: readonly DimensionElement[]
}

export interface AttributeOptions {
  /** Share of the change that the elements of a dimension must explain together. Default 0.67. */
  readonly explain?: number
  /** Least share of the change of an element that counts. Default 0.1. */
  readonly leastShare?: number
}

export interface AttributedElement {
  readonly name: string
  /** Share of the change of the whole; below 0 against it. */
  readonly explanatoryPower: number
  /** How much its share of the whole differs from what was expected, 0 to ln 2. */
  readonly surprise: number
}

export interface AttributedDimension {
  readonly name: string
  readonly explanatoryPower: number
  readonly surprise: number
  /** The fewest of the most surprising elements that explain enough; all that count where none do. */
  readonly elements: readonly AttributedElement[]
  /** Whether they explain as much as asked for. */
  readonly explains: boolean
}

/**
 * Which dimension tells best where a change of a total came from, and which of its elements: Adtributor (Bhagwan et al. 2014).
 * An element's explanatory power is its share of the change, (Aᵢ − Fᵢ) / (A − F); its surprise the Jensen-Shannon divergence
 * ½ (p ln 2p/(p+q) + q ln 2q/(p+q)) of its shares p = Fᵢ/F and q = Aᵢ/A. Elements are taken by surprise until they explain enough;
 * dimensions that explain enough come first, by the surprise of what they took, then the others.
 *
 * For ratios, the explanatory power is the derivative of the ratio with regard to the element's numerator and denominator, as in finite
 * differences, made to add up to 1; surprises of both are added. Throws a StatsError: `too_few`, `not_finite`, `out_of_range` for negative
 * numbers and for some elements with denominators but not all, `degenerate` when the total did not change. O(n log n).
 */
export function attributeChange(
  dimensions: readonly Dimension[],
  options: AttributeOptions = {},
): readonly AttributedDimension[] {
  const { explain = 0.67, leastShare = 0.1 } = options
  checkWithin(explain, 0, 1, 'options.explain')
  checkWithin(leastShare, 0, 1, 'options.leastShare')
  if (dimensions.length === 0) throw new StatsError('too_few', 'dimensions', 'needs 1 or more')
  const attributed = dimensions.map((dimension, i) => {
    const elements = scored(dimension, `dimensions[${i}]`)
    const taken: AttributedElement[] = []
    let [power, surprise] = [0, 0]
    for (const element of elements.toSorted((a, b) => b.surprise - a.surprise)) {
      if (element.explanatoryPower < leastShare || power >= explain) continue
      taken.push(element)
      power += element.explanatoryPower
      surprise += element.surprise
    }
    return {
      name: dimension.name,
      explanatoryPower: power,
      surprise,
      elements: taken,
      explains: power >= explain,
    }
  })
  return attributed.toSorted(
    (a, b) => Number(b.explains) - Number(a.explains) || b.surprise - a.surprise,
  )
}

interface Totals {
  readonly expected: number
  readonly actual: number
}

function scored({ elements }: Dimension, path: string): AttributedElement[] {
  if (elements.length === 0) throw new StatsError('too_few', `${path}.elements`, 'needs 1 or more')
  const ratio = elements.some(({ expectedOver }) => expectedOver !== undefined)
  for (const [j, element] of elements.entries()) {
    const { expected, actual, expectedOver = ratio ? -1 : 0, actualOver = ratio ? -1 : 0 } = element
    for (const value of [expected, actual, expectedOver, actualOver]) {
      checkFinite(value, `${path}.elements[${j}]`)
      if (value < 0)
        throw new StatsError(
          'out_of_range',
          `${path}.elements[${j}]`,
          'numbers from 0 on are needed, denominators for all elements or none',
        )
    }
  }
  const whole = totalsOf(elements, ({ expected, actual }) => [expected, actual])
  const over = totalsOf(elements, ({ expectedOver = 0, actualOver = 0 }) => [
    expectedOver,
    actualOver,
  ])
  const powers = elements.map((element) =>
    ratio ? ratioPower(element, whole, over) : element.actual - element.expected,
  )
  const change = powers.reduce((sum, power) => sum + power, 0)
  const size = powers.reduce((sum, power) => sum + Math.abs(power), 0)
  if (!(Math.abs(change) > 1e-12 * size))
    throw new StatsError(
      'degenerate',
      path,
      'the whole did not change: there is nothing to explain',
    )
  return elements.map((element, j) => {
    const { name, expected, actual, expectedOver = 0, actualOver = 0 } = element
    const own = divergence(expected, actual, whole)
    return {
      name,
      explanatoryPower: (powers[j] as number) / change,
      surprise: ratio ? own + divergence(expectedOver, actualOver, over) : own,
    }
  })
}

function totalsOf(
  elements: readonly DimensionElement[],
  of: (element: DimensionElement) => readonly [number, number],
): Totals {
  let [expected, actual] = [0, 0]
  for (const element of elements) {
    const [first, last] = of(element)
    expected += first
    actual += last
  }
  return { expected, actual }
}

/** What the ratio would change by, were this element alone to change, up to a factor. */
function ratioPower(
  { expected, actual, expectedOver = 0, actualOver = 0 }: DimensionElement,
  whole: Totals,
  over: Totals,
): number {
  const moved = over.expected + actualOver - expectedOver
  if (!(moved > 0)) return 0
  return (
    ((actual - expected) * over.expected - (actualOver - expectedOver) * whole.expected) / moved
  )
}

function divergence(expected: number, actual: number, { expected: f, actual: a }: Totals): number {
  const p = f > 0 ? expected / f : 0
  const q = a > 0 ? actual / a : 0
  const term = (share: number): number =>
    share > 0 ? (share * Math.log((2 * share) / (p + q))) / 2 : 0
  return Math.max(0, term(p) + term(q))
}
