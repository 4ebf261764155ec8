import { checkBetween, checkWhole } from '../checks.ts'
import { plainCopy } from '../plain-copy.ts'
import { sampleExponential } from '../random/continuous.ts'
import { createRandom, type Random, restoreRandom } from '../random/generator.ts'
import type { Interval } from '../regression.ts'
import { normalQuantile } from '../special/normal-quantile.ts'
import { StatsError } from '../stats-error.ts'
import { maximiseAcquisition } from './acquisition.ts'
import { believing, type Evidence, gather, keyOf, type Model, modelOf } from './evidence.ts'
import { totalEffects } from './importance.ts'
import type { Hyperparameters } from './matern.ts'
import {
  compromiseEvidence,
  constraintEvidence,
  costEvidence,
  costMeasurements,
  type Direction,
  drawnIn,
  failureEvidence,
  type Outcome,
  type Trial,
  trialOf,
} from './outcome.ts'
import { paretoFront } from './pareto.ts'
import { parzenCandidate } from './parzen.ts'
import { SOBOL_DIMENSIONS, sobolPoints } from './sobol.ts'
import { codingOf, type Point, type Space } from './space.ts'

/**
 * - `bayesian`: a Gaussian process says what each point may give, and the expected improvement what to try; for tens to
 *   hundreds of trials that cost something
 * - `tpe`: tree-structured Parzen estimator; for many parameters or thousands of trials
 * - `sobol`: evenly spread points that do not look at results
 * - `random`: uniform points
 */
export type SearchMethod = 'bayesian' | 'tpe' | 'sobol' | 'random'

export interface OptimiserOptions {
  /** Default `bayesian`. */
  readonly method?: SearchMethod
  /** One for each objective. Default `['minimise']`. */
  readonly directions?: readonly Direction[]
  /** How many constraints outcomes tell of. Default 0. */
  readonly constraints?: number
  /** Trials, or points asked for, before results are looked at. Default parameters + 2. */
  readonly initial?: number
  /** Default 1. */
  readonly seed?: number
}

export interface Suggestion {
  readonly point: Point
  /** `model` where results had a say in it. */
  readonly by: 'design' | 'model'
  /**
   * What the point is expected to improve on the best value so far, in units of the value; of several objectives, of their compromise.
   * Null where no model says so, or no feasible point is known. A search may stop where this no longer matters.
   */
  readonly expectedImprovement: number | null
}

export interface Finding {
  readonly point: Point
  /** Mean of what was measured there, by objective. */
  readonly values: readonly number[]
  /** How often it was. */
  readonly count: number
}

export interface PointPrediction {
  readonly mean: number
  /** Standard deviation of what is believed of the mean of measurements at the point. */
  readonly deviation: number
  /** Of that mean. */
  readonly interval: Interval
  /** Standard deviation of one measurement beside it. */
  readonly noise: number
}

/** What `restoreOptimiser` goes on from; plain data. */
export interface OptimiserState {
  readonly version: 1
  readonly space: Space
  readonly options: Required<OptimiserOptions>
  readonly random: readonly number[]
  readonly asked: number
  readonly trials: readonly (readonly [Point, Outcome])[]
  readonly pending: readonly Point[]
  readonly hyperparameters: Readonly<Record<string, Hyperparameters>>
}

/** A search for good points of a space: ask for one, try it, tell what came of it. */
export interface Optimiser {
  /** The next point to try. It counts as pending until it is told of or withdrawn; others asked for meanwhile keep clear of it. */
  ask(): Suggestion
  /** Adds an outcome, of a point that was asked for or of any other. */
  tell(point: Point, outcome: Outcome): void
  /** Gives up a point that was asked for. */
  withdraw(point: Point): void
  /** Of the feasible points that were tried, that of which the model expects the most; null without one, or with several objectives. */
  best(): Finding | null
  /** The feasible points that were tried and that no other beats in all objectives. */
  front(): Finding[]
  /** What is to be expected at a point, in any objective; null before the first value. */
  predict(
    point: Point,
    options?: { readonly objective?: number; readonly confidence?: number },
  ): PointPrediction | null
  /** Share of the variation of an objective over the space in which each parameter takes part, as far as the model knows. */
  importance(objective?: number): Record<string, number>
  state(): OptimiserState
}

/**
 * Black-box optimisation over numbers (linear or logarithmic), whole numbers and categories, for one objective or several, with
 * constraints, noise, failures, several points at once, and trials that nobody asked for.
 *
 * Bayesian: a Gaussian process with a Matérn 5/2 kernel and a length-scale for each parameter (`gaussianProcess`), over at most 500
 * different points (half the best, half the latest); of great values only the logarithm counts; log expected improvement on the best
 * posterior mean times the probability of feasibility (Gardner and others 2014), pending points believed as expected; several objectives by random
 * compromises (ParEGO). A call of `ask` is O(n³) for n different points: about 20 ms for 100 and 200 ms for 500. A state
 * machine without clock or chance of its own: equal calls give equal answers, also after `restoreOptimiser`. Throws a StatsError for
 * a space, point or outcome that makes no sense.
 */
export function optimiser(space: Space, options: OptimiserOptions = {}): Optimiser {
  const names = Object.keys(space)
  const settings: Required<OptimiserOptions> = {
    method: options.method ?? 'bayesian',
    directions: [...(options.directions ?? (['minimise'] as const))],
    constraints: options.constraints ?? 0,
    initial: options.initial ?? names.length + 2,
    seed: options.seed ?? 1,
  }
  return search(plainCopy(space), settings, createRandom(settings.seed), [], [], 0, {})
}

/** The search that `state()` was read from, as it was then. */
export function restoreOptimiser(state: OptimiserState): Optimiser {
  if (state.version !== 1)
    throw new StatsError('out_of_range', 'state.version', `${String(state.version)} is not 1`)
  const { space, options, random, trials, pending, asked, hyperparameters } = plainCopy(state)
  return search(space, options, restoreRandom(random), trials, pending, asked, hyperparameters)
}

/** How near to a pending point, along every coordinate, is too near to learn anything else. */
const BESIDE = 0.01

function isBeside(x: Float64Array, other: Float64Array, categorical: readonly boolean[]): boolean {
  return x.every((at, k) =>
    categorical[k] === true ? at === other[k] : Math.abs(at - (other[k] as number)) < BESIDE,
  )
}

function search(
  space: Space,
  settings: Required<OptimiserOptions>,
  random: Random,
  told: readonly (readonly [Point, Outcome])[],
  awaited: readonly Point[],
  askedBefore: number,
  known: Readonly<Record<string, Hyperparameters>>,
): Optimiser {
  const { method, directions, constraints, initial, seed } = settings
  const coding = codingOf(space)
  const d = coding.names.length
  if (directions.length === 0) throw new StatsError('too_few', 'options.directions', 'is empty')
  checkWhole(constraints, 0, 'options.constraints')
  checkWhole(initial, 1, 'options.initial')
  if (d > SOBOL_DIMENSIONS)
    throw new StatsError(
      'out_of_range',
      'space',
      `has ${d} parameters; most are ${SOBOL_DIMENSIONS}`,
    )
  const record: (readonly [Point, Outcome])[] = [...told]
  const trials: Trial[] = told.map(([point, outcome]) =>
    trialOf(coding.encode(point), outcome, directions, constraints),
  )
  const pending = awaited.map((point) => coding.encode(point))
  let asked = askedBefore
  let hyperparameters: Record<string, Hyperparameters> = { ...known }
  /** Models of the costs themselves, by objective; made anew after each trial. */
  const costModels = new Map<number, Model>()

  function ask(): Suggestion {
    const found = method === 'bayesian' || method === 'tpe' ? informed() : null
    const suggestion = found ?? { x: designed(), expectedImprovement: null }
    asked++
    const point = coding.decode(suggestion.x)
    // What is told of later is the point: its own coordinates may differ from these by a rounding.
    pending.push(coding.encode(point))
    return {
      point,
      by: found === null ? 'design' : 'model',
      expectedImprovement: suggestion.expectedImprovement,
    }
  }

  /** The next of evenly spread points, or of random ones. */
  function designed(): Float64Array {
    if (method === 'random') return coding.spread(Float64Array.from({ length: d }, random))
    const points = sobolPoints(1, d, { random: createRandom(seed), from: asked })
    return coding.spread(points.data)
  }

  /** A point by what is known; null while that is too little, or where every point is known. */
  function informed(): { x: Float64Array; expectedImprovement: number | null } | null {
    if (trials.length + pending.length < initial || trials.length < 2) return null
    const weights = directions.length === 1 ? [1] : directions.map(() => sampleExponential(random))
    const total = weights.reduce((sum, weight) => sum + weight, 0)
    const evidence = compromiseEvidence(
      trials,
      weights.map((weight) => weight / total),
    )
    const keys = new Set(evidence.places.map(keyOf))
    const refused = (x: Float64Array): boolean =>
      keys.has(keyOf(x)) || pending.some((other) => isBeside(x, other, coding.categorical))
    if (method === 'tpe') {
      if (evidence.places.length < 2) return null
      const ranked = penalised(evidence)
      const x = parzenCandidate(ranked.places, ranked.means, coding, random, refused)
      return x === null ? null : { x, expectedImprovement: null }
    }
    return byModel(evidence, refused)
  }

  function byModel(
    evidence: Evidence,
    refused: (x: Float64Array) => boolean,
  ): { x: Float64Array; expectedImprovement: number | null } | null {
    const limits = Array.from({ length: constraints }, (_, i) => constraintEvidence(trials, i))
    if (trials.some(({ costs }) => costs === null)) limits.push(failureEvidence(trials))
    const restrictions = limits
      .filter(({ places }) => places.length > 0)
      .map((limit, i) => believing(fitted(limit, `constraint ${i}`), pending, coding.categorical))
    const usable = evidence.places.length > 0
    if (!usable && restrictions.length === 0) return null
    const objective = usable
      ? believing(fitted(drawnIn(evidence), 'objective'), pending, coding.categorical)
      : (restrictions[0] as Model)
    const isFeasible = feasibility()
    const beliefs = objective.evidence.places.map((x) => objective.process.meanAt(x))
    const order = beliefs
      .map((_, i) => i)
      .filter((i) => usable && isFeasible(objective.evidence.places[i] as Float64Array))
      .toSorted((a, b) => (beliefs[a] as number) - (beliefs[b] as number))
    const first = order[0]
    const best = first === undefined ? null : (beliefs[first] as number)
    const found = maximiseAcquisition(
      {
        objective: objective.process,
        best,
        constraints: restrictions.map(({ process }) => process),
      },
      coding,
      order.slice(0, 5).map((i) => objective.evidence.places[i] as Float64Array),
      random,
      refused,
    )
    if (found === null) return null
    return { x: found.x, expectedImprovement: best === null ? null : Math.exp(found.value) }
  }

  /** Found anew while that is cheap, then from the last ones on. */
  function fitted(evidence: Evidence, name: string): Model {
    const start = evidence.places.length > 40 ? (hyperparameters[name] ?? null) : null
    const model = modelOf(evidence, coding.categorical, start)
    hyperparameters = { ...hyperparameters, [name]: model.process.hyperparameters }
    return model
  }

  /** Costs with what is not feasible behind everything that is. */
  function penalised(evidence: Evidence): Evidence {
    const most = evidence.means.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY)
    const isFeasible = feasibility()
    const failed = trials.flatMap(({ x, costs }) => (costs === null ? [x] : []))
    const means = [...evidence.means].map((mean, i) =>
      isFeasible(evidence.places[i] as Float64Array) ? mean : most + 1 + Math.abs(most),
    )
    return {
      ...evidence,
      places: [...evidence.places, ...failed],
      means: Float64Array.from([...means, ...failed.map(() => Number.MAX_VALUE)]),
    }
  }

  /** By place, the sums of what its trials told of each constraint. */
  function limitSums(): ReadonlyMap<string, readonly number[]> {
    const sums = new Map<string, number[]>()
    for (const { x, costs, constraints: told } of trials) {
      if (costs === null) continue
      const before = sums.get(keyOf(x))
      sums.set(
        keyOf(x),
        told.map((value, i) => value + (before?.[i] ?? 0)),
      )
    }
    return sums
  }

  /** Says whether the constraints held on average at a place; where nothing was tried they are not in the way. */
  function feasibility(): (x: Float64Array) => boolean {
    if (constraints === 0) return () => true
    const sums = limitSums()
    return (x) => (sums.get(keyOf(x)) ?? []).every((sum) => sum <= 0)
  }

  function costModel(objective: number): Model | null {
    checkWhole(objective, 0, 'objective')
    if (objective >= directions.length)
      throw new StatsError('out_of_range', 'objective', `${objective} of ${directions.length}`)
    const made = costModels.get(objective)
    if (made !== undefined) return made
    const evidence = costEvidence(trials, objective)
    if (evidence.places.length === 0) return null
    const model = modelOf(evidence, coding.categorical, null)
    costModels.set(objective, model)
    return model
  }

  function signOf(objective: number): number {
    return directions[objective] === 'maximise' ? -1 : 1
  }

  /** Feasible places with the means of what was measured. */
  function feasibleFindings(): { x: Float64Array; costs: number[]; count: number }[] {
    const isFeasible = feasibility()
    const [first, ...others] = directions.map((_, objective) =>
      gather(costMeasurements(trials, objective)),
    ) as [Evidence, ...Evidence[]]
    return first.places.flatMap((x, i) =>
      isFeasible(x)
        ? [
            {
              x,
              costs: [first, ...others].map(({ means }) => means[i] as number),
              count: first.counts[i] as number,
            },
          ]
        : [],
    )
  }

  function findingOf(found: { x: Float64Array; costs: number[]; count: number }): Finding {
    const key = keyOf(found.x)
    // As it was told: a place beyond the bounds has no other name.
    const at = trials.findIndex(({ x }) => keyOf(x) === key)
    return {
      point: plainCopy((record[at] as readonly [Point, Outcome])[0]),
      values: found.costs.map((cost, objective) => signOf(objective) * cost),
      count: found.count,
    }
  }

  return {
    ask,
    tell(point, outcome) {
      const trial = trialOf(coding.encode(point), outcome, directions, constraints)
      trials.push(trial)
      record.push(plainCopy([point, outcome]))
      costModels.clear()
      drop(trial.x)
    },
    withdraw(point) {
      drop(coding.encode(point))
    },
    best() {
      if (directions.length > 1) return null
      const found = feasibleFindings()
      if (found.length === 0) return null
      const model = method === 'bayesian' ? costModel(0) : null
      const worth = found.map(({ x, costs }) => model?.process.meanAt(x) ?? (costs[0] as number))
      const least = worth.reduce((a, b) => Math.min(a, b))
      return findingOf(found[worth.indexOf(least)] as (typeof found)[number])
    },
    front() {
      const found = feasibleFindings()
      const front = paretoFront(found.map(({ costs }) => costs))
      return front.map((i) => findingOf(found[i] as (typeof found)[number]))
    },
    predict(point, { objective = 0, confidence = 0.95 } = {}) {
      checkBetween(confidence, 0, 1, 'options.confidence')
      const x = coding.encode(point)
      const model = costModel(objective)
      if (model === null) return null
      const { mean, deviation } = model.process.predict(x)
      const middle = signOf(objective) * mean
      const half = normalQuantile((1 + confidence) / 2) * deviation
      return {
        mean: middle,
        deviation,
        interval: { low: middle - half, high: middle + half },
        noise: Math.sqrt(model.process.hyperparameters.noise),
      }
    },
    importance(objective = 0) {
      const model = costModel(objective)
      const effects =
        model === null
          ? new Float64Array(d)
          : totalEffects(model.process, coding, createRandom(seed))
      return Object.fromEntries(coding.names.map((name, k) => [name, effects[k] as number]))
    },
    state: () =>
      plainCopy({
        version: 1,
        space,
        options: settings,
        random: random.state(),
        asked,
        trials: record,
        pending: pending.map((x) => coding.decode(x)),
        hyperparameters,
      }),
  }

  function drop(x: Float64Array): void {
    const key = keyOf(x)
    const at = pending.findIndex((other) => keyOf(other) === key)
    if (at >= 0) pending.splice(at, 1)
  }
}
