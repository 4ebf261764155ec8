/**
 * Results before the hour is over, and corrections after it: every early result of a window withdraws the one
 * before, so that a consumer who adds and takes off always has the right total.
 *
 *     node --conditions=@llmhub/source examples/streams/early-results.ts
 */
import { afterCount, afterWatermark, stream, tumbling } from '@llmhub/stream'

const MINUTE = 60_000

/** Cost of calls in cents by project and minute, in order of arrival; the last one is late. */
const CALLS: readonly (readonly [project: string, minute: number, cents: number])[] = [
  ['alpha', 2, 10],
  ['beta', 4, 7],
  ['alpha', 9, 20],
  ['alpha', 21, 5],
  ['beta', 30, 3],
  ['alpha', 48, 40],
  ['beta', 61, 1],
  ['alpha', 66, 2],
  ['alpha', 58, 100],
]

const perHour = stream({ watermark: { type: 'bounded', lag: '5m' } })
  .keyBy('project')
  .window(tumbling('1h'))
  .trigger(afterWatermark({ early: afterCount(2), late: afterCount(1) }))
  .lateness('30m')
  .retracting()
  .aggregate({ cents: { aggregate: 'sum', of: 'cents' } })

let total = 0
const pipeline = perHour.to(({ key, window, pane, retraction, values }) => {
  const cents = Number(values['cents'])
  total += retraction ? -cents : cents
  const hour = window.start / (60 * MINUTE)
  const what = retraction ? 'withdrawn' : pane.timing.replace('_', ' ')
  console.log(
    `hour ${hour}  ${String(key).padEnd(5)}  ${what.padEnd(9)}  ${cents} cents  total ${total}`,
  )
})
for (const [project, minute, cents] of CALLS) {
  await pipeline.push({ time: minute * MINUTE, project, cents })
}
await pipeline.finish()
const spent = CALLS.reduce((sum, [, , cents]) => sum + cents, 0)
console.log(`total ${total}, spent ${spent}`)
