import {
  type Metric,
  type Random,
  sampleExponential,
  sampleNormal,
  samplePoisson,
  sampleStudentT,
} from '@llmhub/stats'

export const FAULTS = ['cpu', 'memory', 'disk', 'delay', 'loss'] as const
export type Fault = (typeof FAULTS)[number]

/** An incident in made-up services: ten minutes before and ten after a fault, by second. */
export interface Incident {
  readonly fault: Fault
  readonly metrics: readonly Metric[]
  readonly calls: readonly (readonly [caller: string, callee: string])[]
  readonly onset: number
  /** Service that the fault was put into. */
  readonly cause: string
}

const SECONDS = 1_200
const ONSET = 600

/**
 * Services that call each other, all under one load that wanders, with metrics that are autocorrelated, bursty, skewed or mostly
 * zero, heavy-tailed and spiked, each in units of its own. A fault disturbs its own metric and the latency of its service;
 * what is added to a latency reaches the callers some seconds later, and their callers, as absolute time, so that a fast
 * caller may be disturbed more, in its own terms, than the service at fault. All from the one source of chance.
 */
export function replayFault(random: Random, fault: Fault, services: number): Incident {
  const names = Array.from({ length: services }, (_, i) => `service-${i}`)
  const calls = callsOf(random, names)
  const at = 1 + Math.floor(random() * (services - 1))
  const load = wandering(random, 0.995, 0.1).map((value) => Math.exp(value))
  const strength = between(random, 1, 2.5)
  const ramp = between(random, 1, 40)
  const rising = (t: number): number => (t < ONSET ? 0 : Math.min(1, (t - ONSET + 1) / ramp))
  const excess = names.map(() => new Float64Array(SECONDS))
  const metrics = new Map<string, Metric>()
  const add = (i: number, name: string, values: Float64Array): void => {
    const service = names[i] as string
    const unit = 10 ** between(random, -2, 4)
    const spiked = values.map((value) =>
      random() < 0.001 ? value * between(random, 1.5, 4) : value,
    )
    const known = spiked.map((value) => (random() < 0.002 ? Number.NaN : unit * value))
    metrics.set(`${service} ${name}`, { name: `${service} ${name}`, service, values: known })
  }
  // Callees have higher numbers: from the last to the first, so that their excess is known to their callers.
  for (let i = services - 1; i >= 0; i--) {
    const own = i === at
    const share = (kind: Fault): number => (own && fault === kind ? strength : 0)
    const cpu = wandering(random, 0.8, 0.1)
    add(
      i,
      'cpu',
      cpu.map((value, t) => {
        const usual = 0.3 * (load[t] as number) * Math.exp(value)
        return usual * (1 + share('cpu') * rising(t) * 1.2)
      }),
    )
    const memory = wandering(random, 0.995, 0.03)
    add(
      i,
      'memory',
      memory.map((value, t) => {
        const leaked = t < ONSET ? 0 : (t - ONSET) / (SECONDS - ONSET)
        return Math.exp(value) * (1 + share('memory') * leaked)
      }),
    )
    add(
      i,
      'disk',
      Float64Array.from({ length: SECONDS }, (_, t) => {
        const burst = sampleExponential(random, 1)
        return burst * (load[t] as number) * (1 + share('disk') * rising(t) * 3)
      }),
    )
    const base = 10 ** between(random, 0, 2)
    const slowed =
      base *
      (share('cpu') * 0.8 +
        share('memory') * 0.3 +
        share('disk') * 0.5 +
        share('delay') * 4 +
        share('loss') * 0.8)
    const ownExcess = excess[i] as Float64Array
    for (const [caller, callee] of calls) {
      if (caller !== names[i]) continue
      const below = excess[names.indexOf(callee)] as Float64Array
      const [passed, lag] = [between(random, 0.3, 1), Math.floor(between(random, 1, 6))]
      for (let t = lag; t < SECONDS; t++)
        ownExcess[t] = (ownExcess[t] as number) + passed * (below[t - lag] as number)
    }
    for (let t = 0; t < SECONDS; t++)
      ownExcess[t] =
        (ownExcess[t] as number) + slowed * rising(t) * Math.exp(0.3 * sampleNormal(random))
    const latency = wandering(random, 0.5, 0.15)
    add(
      i,
      'latency',
      latency.map(
        (value, t) =>
          base * (load[t] as number) ** 0.4 * Math.exp(value) + (ownExcess[t] as number),
      ),
    )
    const disturbed = Math.min(1, (ownExcess.at(-1) as number) / base)
    const failing = share('loss') + (fault === 'loss' && !own ? 0.25 * disturbed : 0)
    add(
      i,
      'errors',
      Float64Array.from({ length: SECONDS }, (_, t) =>
        samplePoisson(random, 0.3 * (load[t] as number) + 2 * failing * rising(t)),
      ),
    )
  }
  return { fault, metrics: [...metrics.values()], calls, onset: ONSET, cause: names[at] as string }
}

/** Every service but the first is called by one or two with lower numbers, mostly near ones. */
function callsOf(random: Random, names: readonly string[]): (readonly [string, string])[] {
  const calls = new Map<string, readonly [string, string]>()
  for (let i = 1; i < names.length; i++)
    for (let k = 0; k < (random() < 0.3 ? 2 : 1); k++) {
      const caller = Math.max(0, i - 1 - Math.floor(sampleExponential(random, 1 / 3)))
      calls.set(`${caller} ${i}`, [names[caller] as string, names[i] as string])
    }
  return [...calls.values()]
}

/** First-order autoregression with heavy tails, about 0. */
function wandering(random: Random, autocorrelation: number, deviation: number): Float64Array {
  const values = new Float64Array(SECONDS)
  const share = deviation * Math.sqrt((1 - autocorrelation ** 2) / 2)
  let last = deviation * sampleNormal(random)
  for (let t = 0; t < SECONDS; t++) {
    last = autocorrelation * last + share * sampleStudentT(random, 4)
    values[t] = last
  }
  return values
}

function between(random: Random, low: number, high: number): number {
  return low + (high - low) * random()
}
