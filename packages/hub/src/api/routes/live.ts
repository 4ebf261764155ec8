import type { ProjectLimits } from '../../auth/project-limits.ts'
import type { ProjectScope } from '../../core/scope.ts'
import type { LiveDefinition, LiveSource } from '../../live/live.ts'
import type { LiveHub } from '../../live/sse-hub.ts'
import { DEFAULT_RESULTS, parseSubscriptions, SUBSCRIPTION_LIMITS } from '../live-subscriptions.ts'
import type { Problem } from '../problems.ts'
import { problem, retryAfter } from '../problems.ts'
import { PROJECT_HEADER, scopeToRead } from '../project-header.ts'
import type { Call, QueryParameter, Reply, Route } from '../route.ts'

export interface LiveRouteDependencies {
  readonly live: LiveSource
  readonly liveHub: LiveHub
  readonly projectLimits: ProjectLimits
  readonly random: () => number
}

/** Longest stream that is asked to end by itself. */
const LONGEST_FOR_SECONDS = 86_400

const PARAMETERS: readonly QueryParameter[] = [
  {
    name: 'definition',
    doc: 'What to watch: a name of `GET /api/v1/windows`.',
    example: 'telemetry',
  },
  { name: 'size', doc: 'Which of its windows. Default: its first.', example: '1m' },
  {
    name: 'where',
    doc: '`dimension:value`, with one of : = != ~, on the dimensions of the definition; all of them must hold.',
    repeats: true,
    example: 'model:gpt-4o',
  },
  {
    name: 'limit',
    doc: `Most results of a snapshot, the newest, at most ${SUBSCRIPTION_LIMITS.results}.`,
    default: String(DEFAULT_RESULTS),
  },
  {
    name: 'subs',
    doc: `Several subscriptions in one stream, in place of the above: a JSON list of \`{id, definition, size, where, limit}\`, at most ${SUBSCRIPTION_LIMITS.subscriptions}. \`id\` names the subscription in messages; default \`definition/size\`.`,
    example: '[{"definition":"telemetry","size":"1m"},{"definition":"cost","size":"1h"}]',
  },
  {
    name: 'for',
    doc: 'Seconds after which the stream ends by itself; 0 ends it once the snapshots are sent. Default: never.',
  },
]

const DESCRIPTION = `Server-sent events. Every \`data\` is JSON:

- \`snapshot\`: what is known of a subscription: \`sub\`, \`reason\` (\`opened\`; \`gap\`: what came since \`Last-Event-ID\` is not known any more; \`overflow\`: too much waited for a slow reader), \`definition\`, \`size\`, \`by\`, \`measures\`, \`watermark\`, \`position\`, and \`updates\`: open windows and the last closed ones, in order.
- \`delta\`: \`sub\`, \`watermark\` and \`updates\`. An update takes the place of the one with the same \`start\`, \`end\`, \`project\` and \`key\`; one with \`removed\` takes it away. \`closed\` says whether the window has ended; it may change even then, when rows do.
- \`notice\`: \`reason\` is \`resumed\` (with \`missed\`, the updates that follow), \`lagging\` (with \`lagMs\`), \`caught_up\` or \`removed\`.
- \`bye\`: the stream ends. \`reason\` is \`done\`, \`removed\`, \`shutdown\`, \`slow\`, \`unauthorized\` or \`unavailable\`; \`retryAfter\` says after how many seconds to come back, null not to.

A reader that is slower than what happens gets the newest result of each window and key, and no others. One that takes nothing for 30 seconds is cut off. \`Last-Event-ID\` goes on where a stream ended, as long as what came since is known (five minutes, 1 MB for each definition and size); else the stream begins with a snapshot. A comment comes every 15 seconds, so that silence for longer means that the connection is dead. The key is looked at again every minute.`

/** `GET /api/v1/live`: results of live windows as they come. */
export function liveRoutes(dependencies: LiveRouteDependencies): readonly Route[] {
  const { live, liveHub, projectLimits, random } = dependencies

  function openStream(call: Call): Reply | Problem {
    const target = scopeToRead(call, projectLimits)
    if ('problem' in target) return target
    const seconds = call.query['for'] === undefined ? null : Number(call.query['for'])
    if (seconds !== null && !(seconds >= 0 && seconds <= LONGEST_FOR_SECONDS)) {
      return invalid([{ path: 'for', message: `is a number from 0 to ${LONGEST_FOR_SECONDS}` }])
    }
    const parsed = parseSubscriptions(
      call.query,
      call.repeated['where'] ?? [],
      target.scope,
      visibleTo(target.scope, live.definitions()),
    )
    if (!parsed.ok) return invalid(parsed.errors)
    const lastEventId = call.headers['last-event-id']
    const opening = liveHub.open({
      owner: call.principal?.keyId ?? '',
      subscriptions: parsed.subscriptions,
      lastEventId: Array.isArray(lastEventId) ? lastEventId.at(-1) : lastEventId,
      authorized: () => call.authorize() === null,
      endAfterMs: seconds === null ? null : seconds * 1000,
    })
    if (!opening.ok) {
      const code = opening.code === 'closing' ? 'overloaded' : 'too_many_streams'
      return problem(code, opening.message, retryAfter(code, random))
    }
    return {
      status: 200,
      mediaType: 'text/event-stream',
      // Some proxies hold back what they are not told to pass on.
      headers: { 'cache-control': 'no-store', 'x-accel-buffering': 'no' },
      body: opening.body,
    }
  }

  return [
    {
      method: 'GET',
      url: '/api/v1/live',
      permission: 'query:read',
      summary: 'Watch live windows: results as they come',
      description: DESCRIPTION,
      tags: ['live'],
      query: { checked: true, parameters: PARAMETERS },
      headers: {
        [PROJECT_HEADER]: 'Project to watch, for keys bound to none. Default: all, each by itself.',
        'Last-Event-ID': 'The `id` of the last event that was read, to go on behind it.',
      },
      responses: {
        200: {
          description: 'The stream.',
          content: { 'text/event-stream': { type: 'string' } },
        },
      },
      problems: ['invalid_request', 'not_found', 'overloaded', 'too_many_streams'],
      handle: openStream,
    },
  ]
}

/** The definitions that count something within a scope. */
export function visibleTo(
  { project }: ProjectScope,
  definitions: readonly LiveDefinition[],
): readonly LiveDefinition[] {
  return definitions.filter(
    (each) => project === null || each.project === null || each.project === project,
  )
}

function invalid(errors: Problem['errors']): Problem {
  const [first] = errors
  const detail = first === undefined ? 'it is not valid' : `${first.path}: ${first.message}`
  return problem('invalid_request', detail, { errors })
}
