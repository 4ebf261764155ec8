/**
 * Three services in windows of two minutes, one every half minute, with spikes of latency put in: a spike
 * is told as soon as a window holds enough of it, long before a minute's or an hour's mean would show it.
 *
 *     node --conditions=@llmhub/source examples/streams/three-services.ts
 */
import { hopping, stream } from '@llmhub/stream'

interface Spike {
  readonly service: string
  readonly from: number
  readonly to: number
  readonly factor: number
}

const SPIKES: readonly Spike[] = [
  { service: 'search', from: 240_000, to: 330_000, factor: 6 },
  { service: 'summary', from: 480_000, to: 510_000, factor: 20 },
]
const USUAL_MS = { chat: 300, search: 80, summary: 900 }

/** Ten minutes: every service answers twice a second. */
function* calls() {
  for (let time = 0; time < 600_000; time += 500) {
    for (const [service, usual] of Object.entries(USUAL_MS)) {
      const spike = SPIKES.find(
        (one) => one.service === service && time >= one.from && time < one.to,
      )
      const jitter = 0.8 + ((time / 500) % 9) / 20
      yield { time, service, latency_ms: usual * jitter * (spike?.factor ?? 1) }
    }
  }
}

const recent = stream({ watermark: { type: 'ascending' } })
  .keyBy('service')
  .window(hopping('2m', '30s'))
  .aggregate({
    calls: 'count',
    p50: { aggregate: 'median', of: 'latency_ms' },
    p99: { aggregate: 'quantile', of: 'latency_ms', q: 0.99 },
  })

const isRaised = new Map<string, boolean>()
const pipeline = recent.to(({ key, window, values }) => {
  // Windows that began before the first event hold less than two minutes and say little.
  if (window.start < 0) return
  const service = String(key)
  const ratio = Number(values['p99']) / Number(values['p50'])
  const wide = ratio > 3
  const slow = Number(values['p50']) > 2 * USUAL_MS[service as keyof typeof USUAL_MS]
  const raised = wide || slow
  if (raised === (isRaised.get(service) ?? false)) return
  isRaised.set(service, raised)
  const at = new Date(window.end).toISOString().slice(14, 19)
  const what = raised ? 'spike' : 'calm again'
  console.log(
    `${at}  ${service}: ${what}, median ${Math.round(Number(values['p50']))} ms, p99 ${Math.round(Number(values['p99']))} ms`,
  )
})
for (const call of calls()) await pipeline.push(call)
await pipeline.finish()
