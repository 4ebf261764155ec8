/**
 * Which hub a command talks to, and with which key: flag > environment > context > configured host and
 * port. Pure: what was read comes in as arguments.
 */

import { nearestName } from '@llmhub/schema'
import type { ClientEnvironment, ClientSettings } from '../config/load.ts'
import type { HubContext } from './contexts-file.ts'

export interface ConnectionSources {
  readonly flags: { readonly url?: string | undefined; readonly context?: string | undefined }
  readonly environment: ClientEnvironment
  /** Contexts by name, the one in use, and the file that holds them. */
  readonly contexts: {
    readonly file: string
    readonly current: string | null
    readonly byName: ReadonlyMap<string, HubContext>
  }
  /** Host and port of the configuration, and where the weightier of the two comes from. */
  readonly configured: {
    readonly url: string
    readonly from: 'flag' | 'environment' | 'file' | 'default'
  }
}

export type ConnectionOutcome =
  | { readonly ok: true; readonly settings: ClientSettings }
  | { readonly ok: false; readonly reason: 'unknown' | 'usage'; readonly message: string }

interface Place {
  readonly url: string
  readonly from: string
}

export function resolveConnection(sources: ConnectionSources): ConnectionOutcome {
  const { flags, environment, contexts, configured } = sources
  if (flags.url !== undefined && flags.context !== undefined) {
    const message = '--url and --context name a hub each: give one of them'
    return { ok: false, reason: 'usage', message }
  }
  const [name, nameFrom] =
    flags.context !== undefined
      ? [flags.context, '--context']
      : environment.context !== null
        ? [environment.context, 'LLMHUB_CONTEXT']
        : [contexts.current, contexts.file]
  const context = name === null ? undefined : contexts.byName.get(name)
  if (name !== null && context === undefined) {
    return { ok: false, reason: 'unknown', message: unknownContext(name, nameFrom, sources) }
  }
  const isFlag = flags.context !== undefined
  const isNamed = isFlag || environment.context !== null
  const ofContext = context === undefined ? null : { url: context.url, from: `context ${name}` }
  const { url, from } = first(
    flags.url === undefined ? null : { url: flags.url, from: '--url' },
    isFlag ? ofContext : null,
    configured.from === 'flag' ? { url: configured.url, from: '--set' } : null,
    environment.url === null ? null : { url: environment.url, from: 'LLMHUB_URL' },
    isNamed ? ofContext : null,
    configured.from === 'environment'
      ? { url: configured.url, from: 'LLMHUB_HOST and LLMHUB_PORT' }
      : null,
    ofContext,
    { url: configured.url, from: 'the configuration' },
  )
  // The key of one hub is no business of another, so that a context's key goes to its own hub alone.
  const ownKey =
    context !== undefined && sameOrigin(context.url, url)
      ? { key: context.key, keyFrom: `context ${name} in ${contexts.file}` }
      : null
  const key = (isFlag ? ownKey : null) ?? environmentKey(environment) ?? ownKey
  return {
    ok: true,
    settings: { url, urlFrom: from, key: key?.key ?? null, keyFrom: key?.keyFrom ?? null },
  }
}

function first(...places: readonly (Place | null)[]): Place {
  return places.find((place) => place !== null) ?? { url: '', from: '' }
}

function environmentKey({ key, keyFile }: ClientEnvironment) {
  if (key !== null) return { key, keyFrom: 'LLMHUB_KEY' }
  if (keyFile !== null) return { key: keyFile.key, keyFrom: `LLMHUB_KEY_FILE (${keyFile.path})` }
  return null
}

export function sameOrigin(a: string, b: string): boolean {
  return URL.canParse(a) && URL.canParse(b) && new URL(a).origin === new URL(b).origin
}

function unknownContext(name: string, from: string, { contexts }: ConnectionSources): string {
  const names = [...contexts.byName.keys()]
  const nearest = nearestName(name, names)
  const meant = nearest === null ? '' : ` Did you mean ${nearest}?`
  const known = names.length === 0 ? 'there is none yet' : `there are ${names.join(', ')}`
  return `no context is named ${name} (named by ${from}): ${known}.${meant}\nMake one: llmhub login --url URL --name ${name}`
}

/** As much of a key as tells it from others and opens nothing: `lah_live_0aB3…`. */
export function maskedKey(key: string): string {
  const parts = /^(lah_[a-z0-9]+_[0-9A-Za-z]{4})/.exec(key)
  return `${parts?.[1] ?? key.slice(0, 4)}…`
}
