import { APPLICATIONS } from './applications.ts'
import { hundredths } from './calls.ts'
import type { Draft, Emit } from './event.ts'
import {
  ARMS,
  expectedLatency,
  expectedOutput,
  expectedQuality,
  QUALITY_NOISE,
  TASKS,
} from './experiments.ts'
import type { Incident } from './incidents.ts'
import { MODELS } from './models.ts'
import type { Random } from './random.ts'

/** A kind of event that no call brings with it: what it says, and how many there are of it. */
export interface Notice {
  /** Share of all events. */
  readonly share: number
  /** Whether there are more of it when people are at work. */
  readonly followsTraffic: boolean
  make(random: Random, prefix: string): Draft
  readonly severity?: NonNullable<Parameters<Emit>[2]['severity']>
}

const SERVICES = APPLICATIONS.map(({ service }) => service)
const CALLED = Object.values(MODELS)
const THREATS = ['prompt_injection', 'jailbreak', 'data_exfiltration', 'prompt_leak'] as const
const STAFF = ['alice', 'bob', 'carol', 'dave', 'erin', 'frank', 'ci-bot', 'terraform'] as const

/** Three decimals, of [0, 1). */
const fraction = (random: Random): number => Math.floor(random.uniform() * 1000) / 1000
const from = (random: Random, low: number, high: number): number =>
  hundredths(low + (high - low) * random.uniform())

/** Of these a wave of attacks brings many times as many. */
export const BACKGROUND_THREATS: Notice = {
  share: 0.003,
  followsTraffic: true,
  severity: 'warning',
  make: (random) => threat(random, null),
}

/** Tasks tried with parameters: what `experiments.ts` says of them. */
export const EXECUTIONS: Notice = { share: 0.04, followsTraffic: true, make: execution }

export const NOTICES: readonly Notice[] = [
  EXECUTIONS,
  {
    share: 0.012,
    followsTraffic: false,
    make: (random) => ({
      type: 'gauge',
      name: random.pick(['queue_depth', 'active_sessions', 'kv_cache_usage']),
      value: from(random, 0, 60),
      service: random.pick(SERVICES),
    }),
  },
  {
    share: 0.008,
    followsTraffic: false,
    make: (random) => ({
      type: 'counter',
      name: 'retries_total',
      value: random.below(20),
      temporality: 'delta',
      service: random.pick(SERVICES),
    }),
  },
  { share: 0.004, followsTraffic: false, make: histogram },
  {
    share: 0.004,
    followsTraffic: true,
    make: (random) => ({
      type: 'throughput',
      provider: random.pick(CALLED).provider,
      requests_per_second: from(random, 0.1, 40),
      concurrent_requests: random.below(80),
      period_ms: 60_000,
    }),
  },
  {
    share: 0.004,
    followsTraffic: false,
    make: (random) => {
      const total = 50 + random.below(2000)
      const failed = random.below(Math.ceil(total / 40))
      return {
        type: 'error_rate',
        provider: random.pick(CALLED).provider,
        error_rate: Math.round((failed / total) * 1e6) / 1e6,
        total_requests: total,
        failed_requests: failed,
        period_ms: 60_000,
      }
    },
  },
  {
    share: 0.006,
    followsTraffic: true,
    make: (random, prefix) => ({
      type: 'latency',
      ...edgeCall(random, prefix),
      total_latency_ms: from(random, 200, 4000),
      status: 'ok',
      service: 'edge-gateway',
    }),
  },
  {
    share: 0.004,
    followsTraffic: true,
    make: (random, prefix) => ({
      type: 'token_usage',
      ...edgeCall(random, prefix),
      usage: { input_tokens: 200 + random.below(3000), output_tokens: 20 + random.below(600) },
      service: 'batch-gateway',
    }),
  },
  {
    share: 0.004,
    followsTraffic: true,
    make: (random, prefix) => ({
      type: 'token_cost',
      ...edgeCall(random, prefix),
      usage: { input_tokens: 200 + random.below(3000), output_tokens: 20 + random.below(600) },
      service: 'billing-gateway',
    }),
  },
  {
    share: 0.004,
    followsTraffic: true,
    make: (random) => ({
      type: 'api_cost',
      provider: random.pick(['google', 'openai']),
      endpoint: random.pick(['web_search', 'speech', 'ocr']),
      request_count: 1 + random.below(20),
      cost_usd: Math.round((0.002 + random.uniform() * 0.05) * 1e6) / 1e6,
      service: random.pick(SERVICES),
    }),
  },
  {
    share: 0.005,
    followsTraffic: false,
    make: (random) => ({
      type: 'resource_consumption',
      resource_type: random.pick(['gpu', 'cpu', 'memory', 'storage']),
      quantity: from(random, 0.1, 12),
      unit: 'hours',
      cost_usd: Math.round(random.uniform() * 4e4) / 1e6,
      utilization: fraction(random),
      service: random.pick(SERVICES),
    }),
  },
  BACKGROUND_THREATS,
  {
    share: 0.004,
    followsTraffic: true,
    severity: 'warning',
    make: (random) => ({
      type: 'pii_detected',
      pii_type: random.pick(['email', 'phone', 'card', 'name', 'iban']),
      count: 1 + random.below(4),
      confidence: fraction(random),
      action: random.pick(['redacted', 'redacted', 'blocked', 'allowed']),
      location: random.pick(['input', 'output']),
      service: random.pick(SERVICES),
    }),
  },
  {
    share: 0.0002,
    followsTraffic: false,
    severity: 'error',
    make: (random) => ({
      type: 'vulnerability',
      vulnerability_id: `CVE-2026-${1000 + random.below(9000)}`,
      severity_score: Math.round(random.uniform() * 100) / 10,
      component: random.pick(['vector-db', 'gateway', 'sandbox']),
      remediation_status: random.pick(['open', 'in_progress', 'fixed']),
    }),
  },
  {
    share: 0.0004,
    followsTraffic: true,
    severity: 'error',
    make: (random) => ({
      type: 'compliance_violation',
      framework: random.pick(['GDPR', 'HIPAA', 'SOC 2']),
      control_id: random.pick(['CC6.1', 'Art. 32', '164.312(a)']),
      actor: random.pick(STAFF),
      service: random.pick(SERVICES),
    }),
  },
  {
    share: 0.001,
    followsTraffic: true,
    severity: 'warning',
    make: (random) => ({
      type: 'policy_violation',
      policy_id: random.pick(['no-secrets-in-prompts', 'approved-models', 'budget-per-team']),
      violation_type: random.pick(['content', 'model', 'budget']),
      violation_severity: random.pick(['low', 'medium', 'high']),
      action: random.pick(['logged', 'blocked']),
      actor: random.pick(STAFF),
      service: random.pick(SERVICES),
    }),
  },
  {
    share: 0.005,
    followsTraffic: true,
    make: (random) => ({
      type: 'audit_trail',
      action: random.pick(['prompt.update', 'key.create', 'model.allow', 'dashboard.view']),
      actor: random.pick(STAFF),
      resource: random.pick(SERVICES),
      resource_type: random.pick(['prompt', 'key', 'model', 'dashboard']),
      outcome: random.uniform() < 0.96 ? 'success' : 'denied',
    }),
  },
  {
    share: 0.001,
    followsTraffic: true,
    make: (random) => ({
      type: 'consent',
      user_id: `support-${String(1 + random.below(6000)).padStart(4, '0')}`,
      purpose: random.pick(['training', 'analytics', 'personalization']),
      consent_status: random.pick(['granted', 'granted', 'withdrawn', 'denied']),
      policy_version: '7',
    }),
  },
  {
    share: 0.004,
    followsTraffic: true,
    make: (random) => ({
      type: 'data_access',
      actor: random.pick(STAFF),
      resource: random.pick(['tickets', 'papers', 'ledger', 'source-code']),
      access_type: random.pick(['read', 'read', 'read', 'write', 'export']),
      data_classification: random.pick(['public', 'internal', 'confidential']),
      outcome: random.uniform() < 0.97 ? 'granted' : 'denied',
      records: 1 + random.below(500),
    }),
  },
  {
    share: 0.01,
    followsTraffic: true,
    make: (random) => ({
      type: 'service_event',
      name: random.pick(['deploy', 'cache.refresh', 'index.update', 'job.run']),
      service: random.pick(SERVICES),
      instance: `${random.pick(['a', 'b', 'c'])}-${random.below(6)}`,
      duration_ms: from(random, 5, 9000),
      size_bytes: random.below(5_000_000),
      outcome: random.uniform() < 0.98 ? 'ok' : 'failed',
    }),
  },
]

/** Calls that something else than the application reports; nobody else does, so that each counts once. */
function edgeCall(
  random: Random,
  prefix: string,
): { provider: string; model_id: string; request_id: string } {
  const { provider, name } = random.pick(CALLED)
  return {
    provider,
    model_id: name,
    request_id: `edge-${prefix}-${random.word().toString(36)}${random.below(1296).toString(36)}`,
  }
}

/** `attacker` is the one of a wave, or null for the ordinary background. */
export function threat(random: Random, attacker: Incident['target'] | null): Draft {
  const level = random.uniform()
  return {
    type: 'threat',
    threat_type: random.pick(THREATS),
    threat_level: level < 0.6 ? 'low' : level < 0.9 ? 'medium' : 'high',
    confidence: fraction(random),
    mitigation: random.uniform() < 0.8 ? 'blocked' : 'flagged',
    actor: attacker?.value ?? `10.${random.below(256)}.${random.below(256)}.${random.below(256)}`,
    service: random.pick(SERVICES),
  }
}

function histogram(random: Random): Draft {
  const count = 1 + random.below(400)
  const mean = from(random, 5, 80)
  return {
    type: 'histogram',
    name: 'retrieval_ms',
    value: mean,
    count,
    sum: hundredths(mean * count),
    min: hundredths(mean / 4),
    max: hundredths(mean * 5),
    unit: 'ms',
    service: random.pick(SERVICES),
  }
}

/** A task tried with an arm chosen evenly. */
function execution(random: Random, prefix: string): Draft {
  const all = TASKS.reduce((sum, { share }) => sum + share, 0)
  let left = random.uniform() * all
  const task = TASKS.find(({ share }) => (left -= share) < 0) ?? TASKS[0]
  const arm = random.pick(ARMS)
  if (task === undefined) throw new Error('there is no task')
  const { model } = arm
  const { provider, name } = MODELS[model.model]
  const quality = expectedQuality(task, arm) + (2 * random.uniform() - 1) * QUALITY_NOISE
  const output = Math.max(
    1,
    Math.min(arm.maxTokens, Math.round(expectedOutput(task, arm) * (0.8 + 0.4 * random.uniform()))),
  )
  const input = 600 + random.below(800)
  return {
    type: 'parameter_execution',
    execution_id: `exe-${prefix}-${random.word().toString(36)}`,
    task_type: task.task,
    provider,
    model_id: name,
    parameters: { temperature: arm.temperature, top_p: arm.topP, max_tokens: arm.maxTokens },
    execution_time_ms: hundredths(expectedLatency(task, arm) * (0.8 + 0.4 * random.uniform())),
    usage: { input_tokens: input, output_tokens: output },
    response_quality: Math.round(quality * 1e4) / 1e4,
    success: quality > 0.35,
    service: task.service,
    arm: arm.name,
    propensity: Math.round((1 / ARMS.length) * 1e6) / 1e6,
  }
}
