import { checkBetween, checkWithin } from '../checks.ts'

/** Terms of the series of weights before which the sum of all is computed, and the bound of what is remembered. */
const DISCOVERIES_KEPT = 200
/** Makes Σ γ_j about 1 for γ_j = C ln(max(j, 2)) / (j e^√(ln j)) (Javanmard and Montanari 2018). */
const WEIGHT = 0.072_203_3

/**
 * Control of the false discovery rate over p-values that come one after another, without end: LORD++ (Ramdas, Yang,
 * Wainwright and Jordan 2017). Each test has a level that the discoveries so far pay for, and the share of false ones
 * among them stays at most `rate` in the mean, for independent p-values. For alarms of many series in one stream; of those of
 * one moment together, `benjaminiHochberg` finds more.
 *
 * The latest 200 discoveries are remembered, older ones have no weight left. O(200) a value.
 */
export class OnlineDiscovery {
  readonly #rate: number
  #tests = 0
  /** Numbers of the tests that were discoveries, the first one kept for good. */
  #discoveries: number[] = []

  /** `rate` between 0 and 1, default 0.05; a StatsError otherwise. */
  constructor(rate = 0.05) {
    checkBetween(rate, 0, 1, 'rate')
    this.#rate = rate
  }

  /** Level of the next test. */
  get level(): number {
    const t = this.#tests + 1
    const wealth = this.#rate / 2
    let level = wealth * weightOf(t)
    for (const [i, at] of this.#discoveries.entries()) {
      const pays = i === 0 ? this.#rate - wealth : this.#rate
      level += pays * weightOf(t - at)
    }
    return level
  }

  /** Whether a p-value is a discovery. A StatsError outside of [0, 1]. */
  test(pValue: number): boolean {
    checkWithin(pValue, 0, 1, 'pValue')
    const { level } = this
    this.#tests++
    if (pValue > level) return false
    this.#discoveries.push(this.#tests)
    if (this.#discoveries.length > DISCOVERIES_KEPT) this.#discoveries.splice(1, 1)
    return true
  }
}

function weightOf(j: number): number {
  return (WEIGHT * Math.log(Math.max(j, 2))) / (j * Math.exp(Math.sqrt(Math.log(j))))
}
