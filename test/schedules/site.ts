import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { FaultFound } from '../faults/fault-found.ts'
import {
  describeEnding,
  HubProcess,
  type HubStart,
  NoAnswer,
  pause,
  type Reply,
} from '../support/hub-process.ts'
import { runCommand } from '../support/llmhub-command.ts'
import { overridesOf } from '../support/price-oracle.ts'
import { askAfter, codeOf } from '../support/reports.ts'
import type { ListedLetter } from './compare.ts'
import type { Fate, HeldDays, Planned } from './model.ts'
import type { LetterName, PlannedStep, Step } from './plan.ts'

/** A hub with its data folder, to which the steps of a schedule are done over HTTP. */

const UNTIL_DONE_MS = 90_000
const POLL_MS = 20
const DAY = 86_400_000

interface IntakeAnswer {
  readonly accepted: number
  readonly duplicates: number
  readonly rejected: number
  readonly results: readonly { index: number; outcome: string; code?: string }[]
  readonly position: string | null
}

export class Site {
  readonly #folder: string
  readonly #backups: string
  #start: HubStart
  #restores = 0
  #hub: HubProcess | null = null
  /** Partition → offset of the last append. */
  readonly #positions = new Map<string, bigint>()

  readonly #now: number

  /** @param now epoch milliseconds at which the schedule begins */
  constructor(folder: string, now: number) {
    this.#now = now
    this.#folder = folder
    this.#backups = join(folder, 'backups')
    this.#start = {
      dataDir: join(folder, 'data-0'),
      // Small segments, so that retention and erasure find closed ones.
      settings: {
        log_level: 'warn',
        'log.segment_bytes': 1 << 16,
        'store.memory_mb': 256,
        'backup.dir': this.#backups,
      },
    }
  }

  get hub(): HubProcess {
    if (this.#hub === null) throw new Error('no hub runs')
    return this.#hub
  }

  async open(): Promise<void> {
    this.#hub = await HubProcess.start(this.#start)
  }

  async kill(): Promise<void> {
    await this.#hub?.kill()
    this.#hub = null
  }

  /** Waits until the store has applied everything that was acknowledged. */
  async settle(): Promise<void> {
    for (const [partition, offset] of this.#positions) {
      const question = { kind: 'table', measures: ['events.count'], from: 'now-1h' } as const
      await askAfter(this.hub, question, `${partition}:${offset}`)
    }
  }

  /** @param fates what should become of the events of a `send` @throws FaultFound */
  async perform(step: PlannedStep, fates: readonly Fate[]): Promise<void> {
    if (step.killAfter === null) return this.#act(step, fates, false)
    const cut = this.#act(step, fates, false).catch((error: unknown) => {
      if (!(error instanceof NoAnswer)) throw error
    })
    // A fault that the act finds must not wait for the kill.
    await Promise.race([cut, pause(step.killAfter)])
    await this.hub.kill()
    await cut
    await this.open()
    await this.#act(step, fates, true)
  }

  async #act(step: Step, fates: readonly Fate[], again: boolean): Promise<void> {
    switch (step.act) {
      case 'send':
        return this.#send(step.events, step.lines, fates, again)
      case 'prices':
        await this.#done('PUT', '/api/v1/prices/overrides', overridesOf(step.prices))
        return
      case 'reprice': {
        const [from, to] = [step.from, step.to].map((time) => new Date(time).toISOString())
        const { model, onlyUnpriced } = step
        const body = { from, to, only_unpriced: onlyUnpriced, ...(model === null ? {} : { model }) }
        await this.#done('POST', '/api/v1/prices/reprice', body)
        return
      }
      case 'replay':
        return this.#replay(step.letter, step.corrected, fates[0]?.outcome ?? '', again)
      case 'replay many': {
        const reply = await this.#done('POST', '/api/v1/dead-letters/replay', {
          filter: { code: 'not_allowed' },
          set: { '/payload/status': 'ok' },
        })
        this.#advance((JSON.parse(reply.text) as { position: string | null }).position)
        return
      }
      case 'dismiss': {
        const ids: string[] = []
        for (const letter of step.letters) ids.push(await this.#idOf(letter))
        await this.#done('POST', '/api/v1/dead-letters/dismiss', { ids })
        return
      }
      case 'erase':
        return this.#erase(step.user, fates[0]?.outcome === 'rejected')
      case 'retain': {
        const family = step.family === '' ? null : step.family
        await this.#done('PUT', '/api/v1/retention', { family, days: step.days })
        await this.#done('POST', '/api/v1/retention/run', {})
        return
      }
      case 'hold':
        return this.#setHold(step.hold)
      case 'compact':
        return this.#compact()
      case 'restart': {
        const ending = await this.hub.stop()
        if (!('code' in ending) || ending.code !== 0) {
          throw new FaultFound(`an orderly stop ended with ${describeEnding(ending)}`)
        }
        return this.open()
      }
      case 'kill':
        await this.kill()
        return this.open()
      case 'rebuild':
        await this.kill()
        rmSync(join(this.#start.dataDir, 'store'), { recursive: true })
        return this.open()
      case 'restore':
        return this.#restore()
    }
  }

  /** Goes on in a new folder that a backup, taken while the hub runs, is restored to. */
  async #restore(): Promise<void> {
    const run = async (args: readonly string[]): Promise<void> => {
      const { code, stdout, stderr } = await runCommand(this.hub.url, args)
      if (code !== 0) throw new FaultFound(`${args.join(' ')}: exit ${code}\n${stdout}${stderr}`)
    }
    await run(['backup'])
    const dataDir = join(this.#folder, `data-${++this.#restores}`)
    await run(['restore', '--from', this.#backups, '--to', dataDir])
    await this.kill()
    rmSync(this.#start.dataDir, { recursive: true })
    this.#start = { ...this.#start, dataDir }
    await this.open()
  }

  async #send(
    events: readonly Planned[],
    lines: boolean,
    fates: readonly Fate[],
    again: boolean,
  ): Promise<void> {
    const bodies = events.map(({ event }) => JSON.stringify(event))
    const body = lines ? bodies.map((line) => `${line}\n`).join('') : `[${bodies.join(',')}]`
    const type = lines ? 'application/x-ndjson' : 'application/json'
    const reply = await this.hub.send('POST', '/api/v1/events', body, type)
    if (![200, 400, 409, 413, 422].includes(reply.status)) {
      throw new FaultFound(`events were answered with ${reply.status} ${reply.text}`)
    }
    const answer = JSON.parse(reply.text) as IntakeAnswer
    const byIndex = new Map(answer.results.map((result) => [result.index, result]))
    const counts = { accepted: 0, duplicate: 0, rejected: 0 }
    for (const [i, fate] of fates.entries()) {
      const result = byIndex.get(i)
      const outcome = (result?.outcome ?? 'accepted') as keyof typeof counts
      counts[outcome]++
      const got = outcome === 'rejected' ? (result?.code ?? '') : outcome
      const right = fate.outcome === 'rejected' ? fate.code : fate.outcome
      const isTakenEitherWay = again && fate.outcome !== 'rejected' && outcome !== 'rejected'
      if (got !== right && !isTakenEitherWay) {
        throw new FaultFound(`should be ${right}, is ${got}: ${bodies[i]}`)
      }
    }
    const { accepted, duplicates, rejected } = answer
    if (
      accepted + duplicates + rejected !== events.length ||
      counts.accepted !== accepted ||
      counts.duplicate !== duplicates ||
      counts.rejected !== rejected
    ) {
      throw new FaultFound(`${events.length} events: ${JSON.stringify({ counts, answer })}`)
    }
    this.#advance(answer.position)
  }

  async #idOf({ eventId, code }: LetterName): Promise<string> {
    const query = new URLSearchParams({ event_id: eventId, code })
    const reply = await this.#done('GET', `/api/v1/dead-letters?${query.toString()}`)
    const [letter] = (JSON.parse(reply.text) as { letters: ListedLetter[] }).letters
    if (letter === undefined) throw new FaultFound(`there is no letter ${code} of ${eventId}`)
    return letter.id
  }

  async #replay(
    letter: LetterName,
    corrected: Planned | null,
    outcome: string,
    again: boolean,
  ): Promise<void> {
    const id = await this.#idOf(letter)
    const reply = await this.#persist('POST', `/api/v1/dead-letters/${id}/replay`, corrected?.event)
    const { position, results } = JSON.parse(reply.text) as {
      readonly position: string | null
      readonly results: readonly { readonly outcome: string }[]
    }
    const got = results?.[0]?.outcome ?? reply.text
    const repeated = again && ['accepted', 'duplicate', 'unchanged'].includes(got)
    if (got !== outcome && !(repeated && outcome !== 'rejected')) {
      throw new FaultFound(`a replay should be ${outcome}, is ${got}: ${reply.text}`)
    }
    this.#advance(position)
  }

  /** Runs retention afterwards, which a start does by itself. */
  async #setHold(hold: HeldDays | null): Promise<void> {
    const path = '/api/v1/holds/case-1'
    if (hold === null) {
      const reply = await this.#persist('DELETE', path)
      // It may have been released before a kill.
      if (![200, 404].includes(reply.status)) throw new FaultFound(`DELETE ${path}: ${reply.text}`)
    } else {
      const [from, to] = [hold.older, hold.younger].map((days) =>
        new Date(this.#now - days * DAY).toISOString(),
      )
      await this.#done('PUT', path, { project: 'default', from, to, reason: 'a case' })
    }
    await this.#done('POST', '/api/v1/retention/run', {})
  }

  async #erase(user: string, isHeld: boolean): Promise<void> {
    const asked = await this.#persist('POST', '/api/v1/erasures', { subject: { user_id: user } })
    const isRefused = codeOf(asked.text) === 'held'
    if (isRefused !== isHeld || (!isRefused && asked.status !== 202)) {
      throw new FaultFound(`an erasure, held or not: ${isHeld}, got ${asked.status} ${asked.text}`)
    }
    await this.#until('an erasure is done', async () => {
      const reply = await this.#done('GET', '/api/v1/erasures')
      const { erasures } = JSON.parse(reply.text) as { erasures: readonly { state: string }[] }
      return erasures.every(({ state }) => state === 'done')
    })
  }

  async #compact(): Promise<void> {
    // A retention of its own may compact at the moment.
    await this.#until('a compaction begins', async () => {
      const reply = await this.#persist('POST', '/api/v1/maintenance/compact')
      if (reply.status === 202) return true
      if (codeOf(reply.text) === 'conflict') return false
      throw new FaultFound(`a compaction was answered with ${reply.status} ${reply.text}`)
    })
    await this.#until('a compaction ends', async () => {
      const reply = await this.#done('GET', '/api/v1/maintenance/compact')
      const { running, last } = JSON.parse(reply.text) as {
        readonly running: unknown
        readonly last: { readonly succeeded: boolean } | null
      }
      if (running !== null) return false
      if (last?.succeeded !== true) throw new FaultFound(`a compaction failed: ${reply.text}`)
      return true
    })
  }

  #advance(position: string | null): void {
    if (position === null) return
    const [partition = '', offset = '0'] = position.split(':')
    const known = this.#positions.get(partition) ?? 0n
    if (BigInt(offset) > known) this.#positions.set(partition, BigInt(offset))
  }

  async #done(method: string, path: string, body?: unknown): Promise<Reply> {
    const reply = await this.#persist(method, path, body)
    if (reply.status >= 200 && reply.status < 300) return reply
    throw new FaultFound(`${method} ${path} was answered with ${reply.status} ${reply.text}`)
  }

  /** A request, again and again while the store is being rebuilt. */
  async #persist(method: string, path: string, body?: unknown): Promise<Reply> {
    const deadline = performance.now() + UNTIL_DONE_MS
    for (;;) {
      const [text, type] =
        body === undefined ? [] : [JSON.stringify(body), 'application/json' as const]
      const reply = await this.hub.send(method, path, text, type)
      const isRebuilding = reply.status === 503 && codeOf(reply.text) === 'store_rebuilding'
      if (!isRebuilding || performance.now() > deadline) return reply
      await pause(POLL_MS)
    }
  }

  async #until(what: string, isSo: () => Promise<boolean>): Promise<void> {
    const deadline = performance.now() + UNTIL_DONE_MS
    while (!(await isSo())) {
      if (performance.now() > deadline) throw new FaultFound(`not so: ${what}${this.hub.story()}`)
      await pause(POLL_MS)
    }
  }
}
