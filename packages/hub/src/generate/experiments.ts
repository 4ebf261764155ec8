import { MODELS, type ModelName } from './models.ts'

/**
 * Executions of tasks with parameters tried at random, and what quality really follows from them: the
 * truth that optimizers are held to. Arms are chosen evenly, whatever happened before, so that plain
 * averages per arm are without bias.
 *
 * quality = base + model − curve of temperature − curve of top_p + noise of mean 0, which stays within [0, 1].
 * Temperature costs quality beyond its best value faster than below, as in the temperature experiment of
 * Renze and Guven (2024), where accuracy is flat up to 1.0 and falls from there on.
 */
export interface Task {
  readonly task: string
  readonly service: string
  readonly share: number
  /** Best quality of the grid's best arm with a model of no merit. */
  readonly base: number
  readonly temperature: number
  readonly topP: number
  /** What max_tokens below this costs. */
  readonly neededTokens: number
}

export const TASKS: readonly Task[] = [
  {
    task: 'extraction',
    service: 'search-answers',
    share: 4,
    base: 0.74,
    temperature: 0,
    topP: 0.8,
    neededTokens: 256,
  },
  {
    task: 'summarization',
    service: 'research-summaries',
    share: 3,
    base: 0.68,
    temperature: 0.4,
    topP: 0.9,
    neededTokens: 512,
  },
  {
    task: 'copywriting',
    service: 'support-chat',
    share: 3,
    base: 0.64,
    temperature: 0.8,
    topP: 1,
    neededTokens: 512,
  },
]

export const TEMPERATURES = [0, 0.2, 0.4, 0.6, 0.8, 1, 1.2] as const
export const TOP_PS = [0.7, 0.8, 0.9, 1] as const
export const MAX_TOKENS = [256, 512, 1024] as const

export interface ExperimentModel {
  readonly model: ModelName
  /** What the model adds to the quality of every task. */
  readonly merit: number
}

export const EXPERIMENT_MODELS: readonly ExperimentModel[] = [
  { model: 'gpt-4o-mini', merit: 0 },
  { model: 'gemini-2.5-flash', merit: 0.02 },
  { model: 'claude-sonnet-4-5', merit: 0.08 },
]

/** Greatest noise to either side; evenly distributed. */
export const QUALITY_NOISE = 0.12

export interface Arm {
  readonly model: ExperimentModel
  readonly temperature: number
  readonly topP: number
  readonly maxTokens: number
  readonly name: string
}

/** Every arm, in the order in which a number chooses one. */
export const ARMS: readonly Arm[] = EXPERIMENT_MODELS.flatMap((model) =>
  TEMPERATURES.flatMap((temperature) =>
    TOP_PS.flatMap((topP) =>
      MAX_TOKENS.map((maxTokens) => {
        const name = `${model.model}/t${temperature}/p${topP}/m${maxTokens}`
        return { model, temperature, topP, maxTokens, name }
      }),
    ),
  ),
)

/** Quality to be expected of a task with an arm. */
export function expectedQuality(task: Task, arm: Arm): number {
  const off = arm.temperature - task.temperature
  const heat = off > 0 ? 0.22 * off * off + 0.04 * off : 0.3 * off * off
  const narrow = 1.5 * (arm.topP - task.topP) ** 2
  const short = arm.maxTokens < task.neededTokens ? 0.06 : 0
  return task.base + arm.model.merit - heat - narrow - short
}

/** Median output tokens of a task with an arm: the answer, cut at the limit; heat makes it longer. */
export function expectedOutput(task: Task, arm: Arm): number {
  const wanted = task.neededTokens * (0.7 + 0.1 * arm.temperature)
  return Math.min(arm.maxTokens, wanted)
}

/** Median milliseconds of an execution. */
export function expectedLatency(task: Task, arm: Arm): number {
  const { ttftMs, speed } = MODELS[arm.model.model]
  return ttftMs + (expectedOutput(task, arm) / speed) * 1000
}

export interface Optimum {
  readonly task: string
  readonly model: string
  readonly temperature: number
  readonly top_p: number
  /** The least that gives the best quality. */
  readonly max_tokens: number
  readonly expectedQuality: number
}

/** The best arm of a task; among equals the cheapest, which is the one with the least max_tokens. */
export function optimumOf(task: Task, models = EXPERIMENT_MODELS): Optimum {
  let best: Arm | null = null
  let quality = Number.NEGATIVE_INFINITY
  for (const arm of ARMS) {
    if (!models.includes(arm.model)) continue
    const expected = expectedQuality(task, arm)
    if (expected <= quality) continue
    best = arm
    quality = expected
  }
  if (best === null) throw new RangeError('no arm has one of these models')
  return {
    task: task.task,
    model: best.model.model,
    temperature: best.temperature,
    top_p: best.topP,
    max_tokens: best.maxTokens,
    expectedQuality: Math.round(quality * 1e6) / 1e6,
  }
}
