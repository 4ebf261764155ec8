import { runSyncFailure } from './disk-faults.ts'
import { runDuplicateStorm } from './duplicate-storm.ts'
import { FaultFound } from './fault-found.ts'
import { runKillCycles } from './kill-cycles.ts'
import { runTailFaults } from './tail-faults.ts'

/**
 * The harness is only worth something if it notices. Each switch breaks one promise of the hub on
 * purpose; what finds the break must be the check that is there for it.
 */

interface Sabotage {
  readonly run: (seed: number, env: Readonly<Record<string, string>>) => Promise<unknown>
  /** What the finding must say. */
  readonly finding: RegExp
}

export const SABOTAGES: Readonly<Record<string, Sabotage>> = {
  ack_before_sync: {
    run: (seed, env) => runSyncFailure({ seed, env }),
    finding: /fdatasync failed, and the answer was answered/,
  },
  skip_checksum: {
    run: (seed, env) => runTailFaults({ seed, trials: 60, env }),
    finding: /not noticed|without a word|differ from the recount|the list of events|is not ready/,
  },
  dedup_off: {
    run: (seed, env) => runDuplicateStorm({ seed, events: 2000, env, batch: 100 }),
    finding: /of them unique, but/,
  },
  position_off_by_one: {
    run: (seed, env) => runKillCycles({ seed, cycles: 12, cyclesPerFolder: 4, env }),
    finding: /differ from the recount|the list of events/,
  },
}

/**
 * Runs the check of a switch with the switch on; answers the first line of what it found.
 * @throws FaultFound when it found nothing, or something else
 */
export async function runSabotage(name: string, seed: number): Promise<string> {
  const sabotage = SABOTAGES[name]
  if (sabotage === undefined) throw new RangeError(`no sabotage ${name}`)
  let message = 'nothing was found'
  try {
    await sabotage.run(seed, { LLMHUB_SABOTAGE: name })
  } catch (error) {
    if (!(error instanceof FaultFound)) throw error
    message = error.message
  }
  if (!sabotage.finding.test(message)) throw new FaultFound(`${name} was not caught: ${message}`)
  const [first = '', second = ''] = message.split('\n')
  return first.endsWith(':') ? `${first} ${second.trim()}` : first
}
