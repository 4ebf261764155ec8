import type { HubProcess, Reply } from '../support/hub-process.ts'
import { NoAnswer } from '../support/hub-process.ts'
import { type Recount, recount } from '../support/recount.ts'
import { codeOf, differences, idDifferences, listedIds, verifyAll } from '../support/reports.ts'
import type { Sent, TrafficEvent } from '../support/traffic.ts'
import { demandNone, FaultFound } from './fault-found.ts'

/**
 * The client's side of the contract: what was sent, what was acknowledged, what nobody knows.
 *
 * A batch is open from the moment it is sent until its answer is there. A batch that stays open
 * because the connection broke is ambiguous: it is sent again, as it was, until it is answered; then
 * its events count, exactly once, whether the first try had come through or not.
 */

interface EventResult {
  readonly index: number
  readonly outcome: string
  readonly code?: string
}

interface IntakeAnswer {
  readonly accepted: number
  readonly duplicates: number
  readonly rejected: number
  readonly results: readonly EventResult[]
  readonly position: string | null
}

export type Outcome =
  | { readonly kind: 'answered'; readonly answer: IntakeAnswer }
  /** 503: certainly not taken in. */
  | { readonly kind: 'refused'; readonly code: string }
  /** No answer, or one that says that the outcome is unknown. */
  | { readonly kind: 'unknown' }

export class Ledger {
  /** Acknowledged events by id: accepted, or known as duplicates. */
  readonly acknowledged = new Map<string, TrafficEvent>()
  readonly #accepted = new Set<string>()
  /** Batches without an answer, oldest first. */
  readonly #unanswered: (readonly Sent[])[] = []
  #partition = '0'
  #next = 0n
  #wrote = false
  requests = 0
  ambiguous = 0

  /** Position that holds everything acknowledged so far, for `after`; null when nothing was written. */
  get position(): string | null {
    return this.#wrote ? `${this.#partition}:${this.#next}` : null
  }

  get unanswered(): number {
    return this.#unanswered.length
  }

  /**
   * Sends a batch as JSON, or as NDJSON with `lines`, and checks the answer.
   * @throws FaultFound when the answer breaks the contract
   */
  async send(hub: HubProcess, batch: readonly Sent[], lines = false): Promise<Outcome> {
    this.requests++
    const body = lines
      ? batch.map((sent) => `${JSON.stringify(sent.body)}\n`).join('')
      : JSON.stringify(batch.map((sent) => sent.body))
    const type = lines ? 'application/x-ndjson' : 'application/json'
    let reply: Reply
    try {
      reply = await hub.send('POST', '/api/v1/events', body, type)
    } catch (error) {
      if (!(error instanceof NoAnswer)) throw error
      this.ambiguous++
      this.#unanswered.push(batch)
      return { kind: 'unknown' }
    }
    if (reply.status === 503) {
      this.#unanswered.push(batch)
      const code = codeOf(reply.text)
      if (reply.headers['retry-after'] === undefined && code !== 'storage_failed') {
        throw new FaultFound(`503 ${code} without Retry-After`)
      }
      return code === 'storage_failed' ? { kind: 'unknown' } : { kind: 'refused', code }
    }
    if (![200, 409, 413, 422].includes(reply.status)) {
      throw new FaultFound(`events were answered with ${reply.status}: ${reply.text}`)
    }
    const answer = JSON.parse(reply.text) as IntakeAnswer
    this.#settle(batch, answer)
    return { kind: 'answered', answer }
  }

  /** Sends every batch without an answer again. @throws FaultFound when one is still not answered */
  async resend(hub: HubProcess): Promise<void> {
    for (const batch of this.#unanswered.splice(0)) {
      const outcome = await this.send(hub, batch)
      if (outcome.kind !== 'answered') {
        const how = outcome.kind === 'refused' ? outcome.code : 'no answer'
        throw new FaultFound(`a batch that was sent again got ${how}${hub.story()}`)
      }
    }
  }

  #settle(batch: readonly Sent[], answer: IntakeAnswer): void {
    const { accepted, duplicates, rejected, results } = answer
    const findings: string[] = []
    if (accepted + duplicates + rejected !== batch.length) {
      findings.push(
        `${batch.length} sent, but ${accepted} accepted + ${duplicates} duplicates + ${rejected} rejected`,
      )
    }
    const byIndex = new Map(results.map((result) => [result.index, result]))
    const counted = { accepted: 0, duplicate: 0, rejected: 0 }
    for (const [i, { event, expect, body }] of batch.entries()) {
      const result = byIndex.get(i)
      const outcome = result?.outcome ?? 'accepted'
      const got = outcome === 'rejected' ? (result?.code ?? '') : 'taken'
      if (got !== expect) {
        findings.push(`should be ${expect}, is ${got || outcome}: ${JSON.stringify(body)}`)
      }
      if (outcome === 'accepted') counted.accepted++
      else if (outcome === 'duplicate') counted.duplicate++
      else counted.rejected++
      if (event === null || outcome === 'rejected') continue
      const id = event.common.event_id
      if (outcome === 'accepted' && this.#accepted.has(id)) findings.push(`${id} accepted twice`)
      if (outcome === 'accepted') this.#accepted.add(id)
      this.acknowledged.set(id, event)
    }
    if (
      counted.accepted !== accepted ||
      counted.duplicate !== duplicates ||
      counted.rejected !== rejected
    ) {
      findings.push(`results ${JSON.stringify(counted)} do not fit ${JSON.stringify(answer)}`)
    }
    demandNone(findings, 'an ingest answer')
    this.#advance(answer.position)
  }

  #advance(position: string | null): void {
    if (position === null) return
    const [partition = '', offset = ''] = position.split(':')
    const next = BigInt(offset)
    if (next > this.#next) this.#next = next
    this.#partition = partition
    this.#wrote = true
  }

  recount(): Recount {
    return recount(this.acknowledged.values())
  }

  /**
   * Nothing acknowledged lost, nothing twice, nothing rejected visible, every report right; with
   * `list` (the default) also event by event and by the hub's own checks.
   * @throws FaultFound
   */
  async check(hub: HubProcess, { list = true }: { readonly list?: boolean } = {}): Promise<void> {
    const expected = this.recount()
    demandNone(await differences(hub, expected, this.position), 'reports differ from the recount')
    if (!list) return
    const listed = await listedIds(hub, this.position)
    demandNone(idDifferences(listed, expected.visible), 'the list of events')
    demandNone(await verifyAll(hub), "the hub's own checks")
  }

  /** A ledger that goes on from here, apart from this one. */
  fork(): Ledger {
    const copy = new Ledger()
    for (const [id, event] of this.acknowledged) copy.acknowledged.set(id, event)
    for (const id of this.#accepted) copy.#accepted.add(id)
    copy.#unanswered.push(...this.#unanswered)
    return copy
  }

  /** Counts `batch` as sent and not answered: `resend` sends it. */
  owe(batch: readonly Sent[]): void {
    this.#unanswered.push(batch)
  }
}
