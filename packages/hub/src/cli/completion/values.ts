import { ERRORS, FAMILIES } from '@llmhub/schema'
import { CALENDAR_STEPS } from '@llmhub/stream'
import { userConfigFolder } from '../../config/load.ts'
import { OPTIONS, type OptionSpec } from '../../config/options.ts'
import { FIELDS } from '../../query/dimensions.ts'
import { MEASURES } from '../../query/measures.ts'
import { readContexts } from '../contexts-file.ts'
import { TOPICS } from '../help-topics.ts'
import { MAPPINGS } from '../import/mappings.ts'
import type { Candidate } from './candidates.ts'

/** What is known without asking a hub, so that a key on the keyboard never waits for the network. */
export type ValueSource = () => readonly Candidate[]

const of =
  (...texts: readonly string[]): ValueSource =>
  () =>
    texts.map((text) => ({ text, about: '' }))

const measures: ValueSource = () => MEASURES.map(({ name, doc }) => ({ text: name, about: doc }))

const dimensions: ValueSource = () => [
  ...CALENDAR_STEPS.map((step) => ({ text: `time:${step}`, about: 'buckets of time' })),
  ...FIELDS.filter(({ groups }) => groups).map(({ name, doc }) => ({ text: name, about: doc })),
]

const fields: ValueSource = () => FIELDS.map(({ name, doc }) => ({ text: `${name}=`, about: doc }))

const options: ValueSource = () =>
  OPTIONS.map(({ path, doc }: OptionSpec) => ({ text: `${path}=`, about: doc }))

/** A broken file of contexts must not break the line that is being typed. */
const contexts: ValueSource = () => {
  try {
    const { byName } = readContexts(userConfigFolder())
    return [...byName].map(([text, { url }]) => ({ text, about: url }))
  } catch {
    return []
  }
}

/**
 * Values by the option or argument they belong to, with the command before it where the same name means
 * something else elsewhere.
 */
export const VALUES: Readonly<Record<string, ValueSource>> = {
  '--output': of('table', 'json'),
  'query --output': of('table', 'json', 'csv', 'ndjson', 'chart'),
  'query measures': measures,
  'query --by': dimensions,
  'query --where': fields,
  'query --fill': of('none', 'null', 'zero', 'previous', 'linear'),
  '--from': of('now-1h', 'now-1d', 'now-7d', 'now-30d'),
  '--set': options,
  '--context': contexts,
  'context use name': contexts,
  'context show name': contexts,
  'context remove name': contexts,
  'verify what': of('log', 'store', 'rollups'),
  'reconcile --by': of('day', 'model', 'both'),
  'explain --vs': of('previous'),
  'import --map': () => MAPPINGS.map(({ name, doc }) => ({ text: name, about: doc })),
  '--family': () => [...FAMILIES, 'dead_letters'].map((text) => ({ text, about: '' })),
  '--permission': of(
    'ingest:write',
    'query:read',
    'sql:read',
    'ops:read',
    'ops:write',
    'keys:write',
    'erase:write',
    'admin',
  ),
  '--status': of('open', 'replayed', 'dismissed'),
  '--code': () =>
    ERRORS.filter(({ scope }) => scope === 'event').map(({ code, title }) => ({
      text: code,
      about: title,
    })),
  '--granularity': of('1min', '5min', '15min', '1hour', '6hour', '1day', '1week', '1month'),
  '--mentions': of('words', 'anywhere', 'keep'),
  'windows add --measure': measures,
  'windows add --by': dimensions,
  'windows add --where': fields,
  'windows watch --where': fields,
  'help topic': () => Object.keys(TOPICS).map((text) => ({ text, about: '' })),
  'completion shell': of('bash', 'zsh', 'fish', 'powershell'),
}
