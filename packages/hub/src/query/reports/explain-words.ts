/** What the parts of a change say, in a sentence each. */

import { dollars } from '../../core/dollars.ts'
import type { Part, PartAmounts } from '../cost-change.ts'
import type { Spending } from '../cost-lines.ts'

/** The change of something, as its parts explain it. */
export interface Change {
  readonly before: bigint
  readonly after: bigint
  readonly parts: PartAmounts
}

export interface ModelChange extends Change {
  readonly provider: string | null
  readonly model: string | null
  readonly rest: boolean
  readonly state: 'both' | 'new' | 'gone'
}

/** `The cost rose by $2 (40 %), from $5 to $7.` */
export function sayChange(before: bigint, after: bigint): string {
  const change = after - before
  if (change === 0n) return `The cost did not change: $${dollars(after)}.`
  const share = before > 0n ? ` (${percent(change, before)})` : ''
  const amount = change < 0n ? -change : change
  return `The cost ${change > 0n ? 'rose' : 'fell'} by $${dollars(amount)}${share}, from $${dollars(before)} to $${dollars(after)}.`
}

/** What rises, what falls and what stays, by part. */
const WORDS: Readonly<
  Record<Exclude<Part, 'volume' | 'new' | 'gone'>, readonly [string, string, string]>
> = {
  mix: [
    'More of the calls went to models whose calls cost more',
    'More of the calls went to models whose calls cost less',
    'The calls were spread over the models at no other cost',
  ],
  input_tokens: [
    'Calls of the same model had more input tokens',
    'Calls of the same model had fewer input tokens',
    'Calls of the same model had as many input tokens',
  ],
  output_tokens: [
    'Calls of the same model had more output tokens',
    'Calls of the same model had fewer output tokens',
    'Calls of the same model had as many output tokens',
  ],
  price: [
    'A token of the same model cost more (price list, tier, size of requests)',
    'A token of the same model cost less (price list, tier, size of requests)',
    'A token of the same model cost the same',
  ],
  cache: [
    'Caching took less off the price of the input',
    'Caching took more off the price of the input',
    'Caching took as much off the price of the input',
  ],
  charges: [
    'Charges that no token explains rose (searches, requests, costs only reported)',
    'Charges that no token explains fell (searches, requests, costs only reported)',
    'Charges that no token explains are the same',
  ],
}

export function sayPart(
  part: Part,
  amount: bigint,
  before: Spending,
  after: Spending,
  models: readonly ModelChange[],
): string {
  const said = sentence(part, amount, before, after, models)
  return `${said}: ${amount > 0n ? '+' : amount < 0n ? '−' : ''}$${dollars(amount < 0n ? -amount : amount)}.`
}

function sentence(
  part: Part,
  amount: bigint,
  before: Spending,
  after: Spending,
  models: readonly ModelChange[],
): string {
  switch (part) {
    case 'volume': {
      const [was, is] = callsOfBoth(before, after)
      return was === is
        ? `As many calls (${is}) of the models that both ranges have`
        : `${is} instead of ${was} calls of the models that both ranges have`
    }
    case 'new':
    case 'gone': {
      const names = models.filter(({ parts }) => parts[part] !== 0n).map(nameOf)
      if (names.length === 0) return part === 'new' ? 'No model is new' : 'No model is gone'
      const shown = names.slice(0, 3).join(', ')
      const more = names.length > 3 ? ` and ${names.length - 3} more` : ''
      return `${part === 'new' ? 'Called only after' : 'Called only before'}: ${shown}${more}`
    }
    case 'mix':
    case 'input_tokens':
    case 'output_tokens':
    case 'price':
    case 'cache':
    case 'charges': {
      const [rose, fell, same] = WORDS[part]
      return amount === 0n ? same : amount > 0n ? rose : fell
    }
  }
}

function callsOfBoth(before: Spending, after: Spending): readonly [bigint, bigint] {
  let [was, is] = [0n, 0n]
  for (const [key, line] of before.lines) {
    const later = after.lines.get(key)?.calls ?? 0n
    if (line.calls === 0n || later === 0n) continue
    was += line.calls
    is += later
  }
  return [was, is]
}

function nameOf({ provider, model, rest }: ModelChange): string {
  if (rest) return 'other models'
  return [provider, model ?? 'no model'].filter((part) => part !== null).join('/')
}

function percent(part: bigint, whole: bigint): string {
  return `${Number(((Number(part) / Number(whole)) * 100).toPrecision(3))} %`
}
