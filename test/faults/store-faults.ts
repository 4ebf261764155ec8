import {
  closeSync,
  existsSync,
  fstatSync,
  openSync,
  readdirSync,
  readSync,
  rmSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import type { Answer } from '@llmhub/schema'
import { inFolder } from '../support/folder.ts'
import { HubProcess, type HubStart, withHub } from '../support/hub-process.ts'
import { answerLine, answersOf, BATTERY, codeOf } from '../support/reports.ts'
import { mixSeed, Seeded } from '../support/seeded.ts'
import { Traffic } from '../support/traffic.ts'
import { FaultFound } from './fault-found.ts'
import { Ledger } from './ledger.ts'

/**
 * The database is a copy of the log that answers fast. Here it is deleted, and damaged on disk while
 * the hub is stopped and while it runs: the answers before and after must be the same to the byte.
 */

export interface Stored {
  readonly start: HubStart
  readonly ledger: Ledger
  /** Answers to a set of questions when all was well. */
  readonly answers: string
  readonly database: string
}

const BATCH = 250
/** DuckDB's header and the two headers of its checkpoints. */
const HEADERS_BYTES = 3 * 4096
const NOTICED_WITHIN_MS = 60_000

/** Runs `use` on the folder of a stopped hub that has taken in `events` events. */
export function withStored<T>(
  seed: number,
  events: number,
  use: (stored: Stored) => Promise<T>,
): Promise<T> {
  return inFolder(async (folder) => {
    const dataDir = join(folder, 'data')
    const start = { dataDir, settings: { log_level: 'warn' } }
    const ledger = new Ledger()
    const traffic = new Traffic({ seed, name: 'store' })
    const answers = await withHub(start, async (hub) => {
      for (let sent = 0; sent < events; sent += BATCH) await ledger.send(hub, traffic.batch(BATCH))
      await ledger.check(hub)
      const before = await answersOf(hub, ledger.position)
      await hub.stop()
      return before
    })
    const database = join(dataDir, 'store', 'store.duckdb')
    if (!existsSync(database)) throw new Error(`there is no ${database}`)
    return use({ start, ledger, answers, database })
  })
}

/** Removes the database of a stopped hub. */
export function deleteDatabase({ database }: Stored): void {
  const folder = join(database, '..')
  for (const name of readdirSync(folder)) rmSync(join(folder, name), { recursive: true })
}

export type Place = 'header' | 'checkpoint header' | 'middle' | 'end' | 'everything'

/** Overwrites bytes of the database file, which may be open. */
export function damage({ database }: Stored, place: Place, seed: number): void {
  const random = new Seeded(seed)
  const file = openSync(database, 'r+')
  try {
    const { size } = fstatSync(file)
    const body = size - HEADERS_BYTES
    const [at, length] = {
      header: [0, 64],
      'checkpoint header': [4096, 2 * 4096],
      middle: [HEADERS_BYTES + Math.floor(body / 2), 4096],
      end: [size - 4096, 4096],
      everything: [HEADERS_BYTES, body],
    }[place] as [number, number]
    writeSync(
      file,
      Uint8Array.from({ length }, () => random.int(256)),
      0,
      length,
      at,
    )
  } finally {
    closeSync(file)
  }
}

/** @throws FaultFound when the hub answers anything else than before the fault */
export async function demandSameAnswers(hub: HubProcess, stored: Stored): Promise<void> {
  const now = await answersOf(hub, stored.ledger.position)
  if (now !== stored.answers) {
    const [was = [], is = []] = [stored.answers, now].map((text) => text.split('\n'))
    const at = was.findIndex((line, i) => line !== is[i])
    throw new FaultFound(
      `answers differ after the fault:\n  before ${was[at]}\n  after  ${is[at]}${hub.story()}`,
    )
  }
}

export interface InUseReport {
  /** Questions that got 503 `store_rebuilding`. */
  readonly refused: number
  /** Events acknowledged from the damage to the first right answer. */
  readonly taken: number
}

/**
 * Damages the database under a running hub, asks it to verify the store, and goes on asking and
 * sending. Until the store is rebuilt a question may be refused, but never answered wrongly, and
 * events are taken in all the time.
 * @throws FaultFound also when the damage is not noticed
 */
export async function damageInUse(stored: Stored, seed: number): Promise<InUseReport> {
  const { start, ledger } = stored
  // The events sent meanwhile lie outside the range of the questions.
  const meanwhile = new Ledger()
  return withHub(start, async (hub) => {
    damage(stored, 'everything', seed)
    const verified = hub.post('/api/v1/verify/store', {})
    const expected = ledger.recount().total.events
    let refused = 0
    let answered = false
    let sent = 0
    const deadline = performance.now() + NOTICED_WITHIN_MS
    do {
      if (performance.now() > deadline) {
        throw new FaultFound(`the damage was not noticed: ${(await verified).text}${hub.story()}`)
      }
      const outcome = await meanwhile.send(hub, [outside(`meanwhile-${seed}-${sent++}`)])
      if (outcome.kind !== 'answered') {
        throw new FaultFound(`while the store is rebuilt, events get ${JSON.stringify(outcome)}`)
      }
      const reply = await hub.post('/api/v1/query', {
        kind: 'table',
        measures: ['events.count'],
        from: '2026-01-05T00:00:00Z',
        to: '2026-01-06T00:00:00Z',
      })
      answered = reply.status !== 503 || codeOf(reply.text) !== 'store_rebuilding'
      if (answered) demandCount(reply.status, reply.text, expected)
      else refused++
    } while (refused === 0 || !answered)
    await verified
    await demandSameAnswers(hub, stored)
    await hub.stop()
    return { refused, taken: meanwhile.acknowledged.size }
  })
}

export interface FlipOptions {
  readonly seed: number
  readonly rounds: number
  /** Bits turned over in each round. */
  readonly bits: number
}

export interface FlipReport {
  readonly bits: number
  /** Rounds whose damage was found while the hub ran; in the others it hit nothing that was read. */
  readonly found: number
  readonly answered: number
  /** Questions that got 503 `store_rebuilding`. */
  readonly refused: number
  /** Events acknowledged while the store was damaged or rebuilt. */
  readonly taken: number
  /** Milliseconds from the first refusal of a round to the first full set of right answers. */
  readonly rebuildMs: readonly number[]
}

/**
 * Turns over single bits of the database under a running hub, round after round, and has it verify the
 * store while it goes on asking and sending. Every answer has to be the one from before to the byte, or
 * the refusal of a store that is rebuilt; events are taken in all the time.
 * @throws FaultFound
 */
export async function flipBitsInUse(stored: Stored, options: FlipOptions): Promise<FlipReport> {
  const { seed, rounds, bits } = options
  const lines = stored.answers.split('\n')
  const meanwhile = new Ledger()
  const tally = { found: 0, answered: 0, refused: 0 }
  const rebuildMs: number[] = []
  let sent = 0
  for (let round = 0; round < rounds; round++) {
    // A hub that has just started: what it has in memory already it does not read from the disk again.
    await withHub(stored.start, async (hub) => {
      flipBits(stored, bits, mixSeed(seed, round))
      let isVerified = false
      const verified = hub.post('/api/v1/verify/store', {}).finally(() => {
        isVerified = true
      })
      let since: number | null = null
      let isRight = false
      const deadline = performance.now() + NOTICED_WITHIN_MS
      while (!isVerified || !isRight) {
        if (performance.now() > deadline) {
          throw new FaultFound(`round ${round} of seed ${seed}: not rebuilt${hub.story()}`)
        }
        const outcome = await meanwhile.send(hub, [outside(`flip-${seed}-${sent++}`)])
        if (outcome.kind !== 'answered') {
          throw new FaultFound(`with a damaged store events get ${JSON.stringify(outcome)}`)
        }
        // What was asked before the damage was found says nothing about the rebuilt store.
        const isAfter = isVerified
        const { answered, refused } = await askBattery(hub, lines, `round ${round}, seed ${seed}`)
        tally.answered += answered
        tally.refused += refused
        if (refused > 0) since ??= performance.now()
        isRight = isAfter && refused === 0
      }
      await verified
      if (since !== null) {
        tally.found++
        rebuildMs.push(performance.now() - since)
      }
      await hub.stop()
    })
  }
  return { bits: rounds * bits, ...tally, taken: meanwhile.acknowledged.size, rebuildMs }
}

/** Asks everything once. @throws FaultFound for an answer that is neither right nor refused */
async function askBattery(
  hub: HubProcess,
  lines: readonly string[],
  where: string,
): Promise<{ readonly answered: number; readonly refused: number }> {
  let refused = 0
  for (const [i, question] of BATTERY.entries()) {
    const { status, text } = await hub.post('/api/v1/query', question)
    if (status === 503 && codeOf(text) === 'store_rebuilding') refused++
    else if (status !== 200 || answerLine(question, JSON.parse(text) as Answer) !== lines[i]) {
      throw new FaultFound(
        `${where}: a wrong answer, ${status}\n  was ${lines[i]}\n  is  ${text}${hub.story()}`,
      )
    }
  }
  return { answered: BATTERY.length - refused, refused }
}

/** Turns over single bits of the blocks of the database. */
function flipBits({ database }: Stored, count: number, seed: number): void {
  const random = new Seeded(seed)
  const file = openSync(database, 'r+')
  try {
    const body = fstatSync(file).size - HEADERS_BYTES
    const byte = new Uint8Array(1)
    for (let i = 0; i < count; i++) {
      const at = HEADERS_BYTES + random.int(body)
      readSync(file, byte, 0, 1, at)
      byte[0] = (byte[0] ?? 0) ^ (1 << random.int(8))
      writeSync(file, byte, 0, 1, at)
    }
  } finally {
    closeSync(file)
  }
}

function outside(event_id: string) {
  const event = {
    common: { event_id, timestamp: '2026-02-01T00:00:00Z' },
    payload: { type: 'gauge', name: 'meanwhile', value: 1 },
  }
  return { body: event, event, expect: 'taken' } as const
}

function demandCount(status: number, text: string, expected: number): void {
  const rows = status === 200 ? (JSON.parse(text) as { rows: unknown[][] }).rows : null
  if (rows?.[0]?.[0] !== expected) {
    throw new FaultFound(`${expected} events, but the answer is ${status} ${text}`)
  }
}

/** How a second hub on the folder of a running one ends. */
export async function openTwice(
  start: HubStart,
): Promise<{ readonly ending: Awaited<HubProcess['ended']>; readonly stderr: string }> {
  const second = HubProcess.spawn(start)
  try {
    const ready = second.ready().then(
      () => true,
      () => false,
    )
    if (await Promise.race([ready, second.ended.then(() => false)])) {
      throw new FaultFound(`a second hub runs on the same folder${second.story()}`)
    }
    return { ending: await second.ended, stderr: second.stderr }
  } finally {
    await second.kill()
  }
}
