import {
  AGENT_INPUT,
  AGENT_OUTPUT,
  CHAT_INPUT,
  CHAT_OUTPUT,
  CODE_INPUT,
  CODE_OUTPUT,
  REASONING_INPUT,
  REASONING_OUTPUT,
  SEARCH_INPUT,
  SEARCH_OUTPUT,
  SUMMARY_INPUT,
  SUMMARY_OUTPUT,
} from './lengths.ts'
import type { ModelName } from './models.ts'
import type { Knots } from './quantile-table.ts'

/** An application of the made-up organisation: who uses it when, for what, with which models. */
export interface Application {
  readonly service: string
  readonly team: string
  readonly feature: string
  readonly task: string
  readonly prompt: string
  /** Share of all calls, relative. */
  readonly share: number
  /** Models with their shares of its calls, relative. */
  readonly models: readonly (readonly [ModelName, number])[]
  readonly input: Knots
  readonly output: Knots
  /** Most turns of a conversation; all numbers from 1 are equally likely. */
  readonly turns: number
  /** Shape of the gaps between conversations: less is burstier. */
  readonly shape: number
  readonly day: readonly number[]
  readonly week: readonly number[]
  /** Share of calls that read something from the prompt cache. */
  readonly cached: number
  /** Tool steps per call. */
  readonly tools: number
  readonly users: number
}

/** ServeGen, client 5 of m-small: office hours with a peak in the evening. Hours in UTC, mean 1. */
const EVENING = [
  0.95, 0.62, 0.41, 0.31, 0.28, 0.29, 0.42, 0.55, 0.68, 0.76, 0.94, 0.94, 0.99, 1.01, 1.04, 1.08,
  1.06, 1.02, 1.13, 1.57, 2.13, 2.31, 2.01, 1.49,
]
/** ServeGen, client 27 of m-small: two humps, at noon and in the late afternoon. */
const OFFICE = [
  0.78, 0.57, 0.43, 0.34, 0.32, 0.4, 0.58, 0.94, 1.18, 1.25, 1.37, 1.25, 1.05, 0.88, 0.86, 1.09,
  1.42, 1.49, 1.46, 1.41, 1.35, 1.31, 1.21, 1.05,
]
/** ServeGen, client 14 of m-small: machines, all day. */
const MACHINES = [
  1.01, 1.02, 1.02, 0.97, 1.02, 0.9, 0.86, 0.97, 0.96, 0.87, 0.96, 0.98, 1.01, 1.01, 0.99, 0.97,
  0.97, 1.03, 1.08, 1.09, 1.08, 1.06, 1.06, 1.06,
]
/**
 * From Monday. ServeGen's busiest clients serve consumers and hardly know a weekend (0.91 to 1.09): that is
 * `EVERY_DAY`. That an office is emptier then is an assumption.
 */
const EVERY_DAY = [0.98, 0.98, 0.91, 1, 1.09, 1.05, 0.99]
const WORKING_DAYS = [1.15, 1.25, 1.25, 1.2, 1.1, 0.55, 0.5]

/**
 * Shapes of the gaps are medians of the fits that ServeGen gives per client (0.80 and 0.85 for calm ones,
 * 0.46 for client 26, 0.29 for client 14), less where further turns, which come at their own time, would
 * even them out.
 */
export const APPLICATIONS: readonly Application[] = [
  {
    service: 'support-chat',
    team: 'support',
    feature: 'chat',
    task: 'conversation',
    prompt: 'support-answer',
    share: 34,
    models: [
      ['gpt-4o-mini', 5],
      ['gpt-4o', 2],
      ['claude-haiku-4-5', 3],
    ],
    input: CHAT_INPUT,
    output: CHAT_OUTPUT,
    turns: 7,
    shape: 0.8,
    day: EVENING,
    week: EVERY_DAY,
    cached: 0.45,
    tools: 0.02,
    users: 6000,
  },
  {
    service: 'code-assistant',
    team: 'platform',
    feature: 'autocomplete',
    task: 'coding',
    prompt: 'complete-code',
    share: 24,
    models: [
      ['claude-sonnet-4-5', 3],
      ['gpt-4.1', 2],
      ['gemini-2.5-flash', 2],
    ],
    input: CODE_INPUT,
    output: CODE_OUTPUT,
    turns: 5,
    shape: 0.36,
    day: OFFICE,
    week: WORKING_DAYS,
    cached: 0.3,
    tools: 0,
    users: 350,
  },
  {
    service: 'search-answers',
    team: 'search',
    feature: 'search',
    task: 'question-answering',
    prompt: 'answer-with-sources',
    share: 18,
    models: [
      ['gemini-2.5-flash', 4],
      ['gpt-4o-mini', 2],
      ['mistral-large-latest', 1],
    ],
    input: SEARCH_INPUT,
    output: SEARCH_OUTPUT,
    turns: 2,
    shape: 0.85,
    day: OFFICE,
    week: EVERY_DAY,
    cached: 0.1,
    tools: 0.1,
    users: 4000,
  },
  {
    service: 'research-summaries',
    team: 'research',
    feature: 'summary',
    task: 'summarization',
    prompt: 'summarize-paper',
    share: 10,
    models: [
      ['gemini-2.5-pro', 2],
      ['gpt-4.1', 1],
      ['mistral-large-latest', 1],
    ],
    input: SUMMARY_INPUT,
    output: SUMMARY_OUTPUT,
    turns: 1,
    shape: 0.29,
    day: MACHINES,
    week: EVERY_DAY,
    cached: 0,
    tools: 0,
    users: 40,
  },
  {
    service: 'ops-agent',
    team: 'operations',
    feature: 'agent',
    task: 'agent',
    prompt: 'operate',
    share: 9,
    models: [
      ['claude-sonnet-4-5', 4],
      ['gpt-4.1', 1],
    ],
    input: AGENT_INPUT,
    output: AGENT_OUTPUT,
    turns: 12,
    shape: 0.46,
    day: OFFICE,
    week: WORKING_DAYS,
    cached: 0.9,
    tools: 0.5,
    users: 120,
  },
  {
    service: 'finance-analyst',
    team: 'finance',
    feature: 'analysis',
    task: 'reasoning',
    prompt: 'explain-figures',
    share: 5,
    models: [
      ['o4-mini', 2],
      ['deepseek-reasoner', 1],
    ],
    input: REASONING_INPUT,
    output: REASONING_OUTPUT,
    turns: 3,
    shape: 0.8,
    day: OFFICE,
    week: WORKING_DAYS,
    cached: 0.2,
    tools: 0.05,
    users: 60,
  },
]

/** Models that think before they answer: a share of their output is reasoning. */
export const REASONING_MODELS: ReadonlySet<string> = new Set(['o4-mini', 'deepseek-reasoner'])

export const REGIONS = ['us-east-1', 'eu-west-1', 'ap-southeast-2'] as const
