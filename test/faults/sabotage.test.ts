import { expect, test } from 'vitest'
import { LIMIT_MS } from './limit.ts'
import { runSabotage, SABOTAGES } from './sabotage.ts'
import { whyNoStrace } from './strace.ts'

test.for(Object.keys(SABOTAGES))(
  'the hub sabotaged by %s is caught',
  { timeout: LIMIT_MS },
  async (name, context) => {
    const reason = name === 'ack_before_sync' ? await whyNoStrace() : null
    if (reason !== null) context.skip(reason)
    expect(await runSabotage(name, 52)).not.toBe('')
  },
)
