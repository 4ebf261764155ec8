/**
 * One service, minute by minute: calls, error rate and 95th percentile of the latency.
 *
 *     node --conditions=@llmhub/source examples/streams/one-service.ts
 */
import { stream, tumbling } from '@llmhub/stream'

/** Five minutes of calls, four a second, up to 4 s out of order. In the fourth minute the service struggles. */
function* calls() {
  for (let i = 0; i < 1_200; i++) {
    const time = i * 250
    const struggles = time >= 180_000 && time < 240_000
    yield {
      time: Math.max(0, time - ((i * 37) % 17) * 250),
      service: 'chat',
      latency_ms: 200 + ((i * 53) % 100) + (struggles ? 900 : 0),
      failed: struggles && i % 5 === 0,
    }
  }
}

const perMinute = stream({ watermark: { type: 'bounded', lag: '5s' } })
  .keyBy('service')
  .window(tumbling('1m'))
  .aggregate({
    calls: 'count',
    errors: { aggregate: 'sum', of: 'failed' },
    p95: { aggregate: 'quantile', of: 'latency_ms', q: 0.95 },
  })

const pipeline = perMinute.to(({ key, window, values }) => {
  const minute = new Date(window.start).toISOString().slice(11, 16)
  const rate = (100 * Number(values['errors'])) / Number(values['calls'])
  const p95 = Math.round(Number(values['p95']))
  const alarm = rate > 5 || p95 > 1_000 ? '  << look at this' : ''
  console.log(
    `${minute}  ${String(key)}  ${String(values['calls'])} calls  ${rate.toFixed(1)} % failed  p95 ${p95} ms${alarm}`,
  )
})
for (const call of calls()) await pipeline.push(call)
await pipeline.finish()
console.log(`late: ${pipeline.statistics().late}`)
