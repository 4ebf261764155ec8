import { CALENDAR_STEPS } from '@llmhub/stream'
import type { LiveDefinition, LiveWindow } from './live.ts'

/** The sizes of the hub's own windows: the steps of questions, in UTC. */
export const STANDARD_WINDOWS: readonly LiveWindow[] = CALENDAR_STEPS.map((step) => ({
  type: 'calendar',
  step,
}))

const spread = (prefix: string): string[] =>
  ['avg', 'min', 'max', 'p50', 'p95', 'p99', 'stddev'].map((name) => `${prefix}.${name}`)

const COUNTS = ['events.count', 'events.errors']

interface FamilyWindows {
  readonly measures: readonly string[]
  /** Which option names the dimensions. */
  readonly by: 'models' | 'kinds'
  /** Measures that read every kind are limited to those of the family. */
  readonly ofFamily: boolean
}

/** What is counted of each family unless people say otherwise. */
const FAMILIES: Readonly<Record<string, FamilyWindows>> = {
  telemetry: {
    by: 'models',
    ofFamily: false,
    measures: [
      'requests.count',
      'requests.errors',
      'requests.error_rate',
      ...spread('latency'),
      'tokens.input',
      'tokens.output',
      'tokens.total',
    ],
  },
  cost: {
    by: 'models',
    ofFamily: false,
    measures: ['cost.total', 'cost.priced.count', 'cost.unpriced.count', 'cost.per_request'],
  },
  security: {
    by: 'kinds',
    ofFamily: true,
    measures: [
      ...COUNTS,
      'security.threats',
      'security.threats.critical',
      'security.vulnerabilities',
      'security.guardrail.count',
      'security.guardrail.denied',
      'security.pii',
    ],
  },
  governance: {
    by: 'kinds',
    ofFamily: true,
    measures: [...COUNTS, 'governance.policy_violations', 'governance.data_accesses'],
  },
  execution: {
    by: 'kinds',
    ofFamily: true,
    measures: [...COUNTS, 'executions.count', 'executions.success_rate', 'quality.avg'],
  },
  service: { by: 'kinds', ofFamily: true, measures: [...COUNTS, 'value.sum', ...spread('value')] },
  metric: { by: 'kinds', ofFamily: true, measures: [...COUNTS, 'value.sum', ...spread('value')] },
}

export interface DefaultDimensions {
  /** Of the windows of telemetry and cost. */
  readonly models: readonly string[]
  /** Of those of the other families. */
  readonly kinds: readonly string[]
}

/** The hub's own definitions: one for every family, in all eight sizes, for every project. */
export function defaultDefinitions(dimensions: DefaultDimensions): LiveDefinition[] {
  return Object.entries(FAMILIES).map(([family, { measures, by, ofFamily }]) => ({
    name: family,
    project: null,
    windows: STANDARD_WINDOWS,
    by: dimensions[by],
    measures,
    where: ofFamily ? { all: [{ field: 'family', op: 'eq', value: family }] } : null,
    builtIn: true,
  }))
}
