/**
 * Messages into conversations: a conversation ends when nobody has written for half an hour. What arrives
 * late joins two of them, and what arrives after that is refused and counted.
 *
 *     node --conditions=@llmhub/source examples/streams/conversations.ts
 */
import { session, stream } from '@llmhub/stream'

const MINUTE = 60_000

/** User, minute, tokens; in order of arrival. */
const MESSAGES: readonly (readonly [user: string, minute: number, tokens: number])[] = [
  ['ada', 0, 120],
  ['ada', 3, 80],
  ['bob', 5, 40],
  ['ada', 45, 200],
  ['bob', 20, 60],
  // Ada's message of minute 25 comes late and makes one conversation of two.
  ['ada', 25, 10],
  ['bob', 95, 500],
  ['bob', 97, 20],
  ['ada', 130, 90],
  // An hour and more behind everything else: refused.
  ['ada', 50, 5],
  ['bob', 150, 30],
]

const conversations = stream({ watermark: { type: 'bounded', lag: '25m' } })
  .keyBy('user')
  .window(session('30m'))
  .aggregate({
    messages: 'count',
    tokens: { aggregate: 'sum', of: 'tokens' },
    longest: { aggregate: 'max', of: 'tokens' },
  })

const pipeline = conversations.to(({ key, window, values }) => {
  const from = window.start / MINUTE
  const to = window.end / MINUTE - 30
  console.log(
    `${String(key)}: minute ${from} to ${to}, ${String(values['messages'])} messages, ${String(values['tokens'])} tokens, at most ${String(values['longest'])}`,
  )
})
for (const [user, minute, tokens] of MESSAGES) {
  await pipeline.push({ time: minute * MINUTE, user, tokens })
}
await pipeline.finish()
for (const { event, reason } of pipeline.takeLate()) {
  console.log(
    `refused (${reason}): ${JSON.stringify(event['user'])}, minute ${Number(event['time']) / MINUTE}`,
  )
}
