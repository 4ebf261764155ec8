import { formatIsoMicros } from '@llmhub/schema'
import type { Principal } from '../../auth/principal.ts'
import type { ProjectLimits } from '../../auth/project-limits.ts'
import type { Control, WindowRecord } from '../../control/control.ts'
import type { Clock } from '../../core/clock.ts'
import { type LiveDefinition, type LiveSource, type LiveStatus, sizeOf } from '../../live/live.ts'
import type { LiveHub } from '../../live/sse-hub.ts'
import type { Problem, ProblemDetail } from '../problems.ts'
import { problem, retryAfter } from '../problems.ts'
import { PROJECT_HEADER, scopeToRead } from '../project-header.ts'
import type { Call, Reply, Route } from '../route.ts'
import { parseWindowDefinition } from '../window-definition.ts'
import { visibleTo } from './live.ts'
import { NEW_WINDOW_SCHEMA, WINDOW_SCHEMA } from './window-schemas.ts'

export interface WindowRouteDependencies {
  readonly live: LiveSource
  readonly liveHub: Pick<LiveHub, 'forget'>
  readonly control: Control
  readonly clock: Clock
  readonly projectLimits: ProjectLimits
  readonly random: () => number
  /** Names of windows that the configuration brings. */
  readonly configuredWindows: ReadonlySet<string>
  /** Most windows that people may define, those of the configuration not counted. */
  readonly maxWindows: number
}

/** `/api/v1/windows`: what is counted live. A key bound to a project sees and changes those of that one. */
export function windowRoutes(dependencies: WindowRouteDependencies): readonly Route[] {
  const { clock, configuredWindows, control, live, liveHub, maxWindows } = dependencies
  const { projectLimits, random } = dependencies

  const originOf = (definition: LiveDefinition): Origin => {
    if (definition.builtIn === true) return 'built_in'
    return configuredWindows.has(definition.name) ? 'config' : 'api'
  }

  function documentOf(
    definition: LiveDefinition,
    records: readonly WindowRecord[],
    status: readonly LiveStatus[],
  ): Record<string, unknown> {
    const record = records.find(({ name }) => name === definition.name)
    return windowDocument(definition, originOf(definition), record, status)
  }

  function list(call: Call): Reply | Problem {
    const target = scopeToRead(call, projectLimits)
    if ('problem' in target) return target
    const [records, status] = [control.windows(), live.status()]
    const windows = visibleTo(target.scope, live.definitions()).map((definition) =>
      documentOf(definition, records, status),
    )
    return { status: 200, body: { windows } }
  }

  async function add(call: Call): Promise<Reply | Problem> {
    const bound = call.principal?.project ?? null
    const parsed = parseWindowDefinition(call.body, bound)
    if (!parsed.ok) return invalid(parsed.errors)
    const { definition } = parsed
    const { name, project } = definition
    if (bound !== null && project !== bound) {
      return problem('forbidden', `the key is bound to the project ${bound}`)
    }
    if (project !== null && bound === null && !projectLimits.exists(project)) {
      const message = `there is no project ${project}`
      const hint = `for a project that is yet to come: PUT /api/v1/projects/${project}`
      return invalid([{ path: '/project', message, hint }])
    }
    const known = live.definitions().find((each) => each.name === name)
    if (known !== undefined) return addAgain(known, definition)
    if (control.windows().length >= maxWindows) {
      const message = `${maxWindows} windows are defined, which is the most (live.max_definitions)`
      return problem('too_many_windows', message)
    }
    if (call.query['dryRun'] === 'true') {
      return { status: 200, body: windowDocument(definition, 'api', undefined, []) }
    }
    const put = await live.put(definition)
    if (!put.ok) {
      if (put.code === 'too_many') return problem('too_many_windows', put.message)
      if (put.code === 'unavailable') {
        return problem('overloaded', put.message, retryAfter('overloaded', random))
      }
      const errors = put.issues.length > 0 ? put.issues : [{ path: '', message: put.message }]
      return invalid(errors)
    }
    const record = {
      name,
      json: JSON.stringify(put.definition),
      createdAt: clock.now(),
      createdBy: call.principal?.keyId ?? null,
    }
    control.putWindow(record)
    return { status: 201, body: documentOf(put.definition, [record], live.status()) }
  }

  /** The same once more is no fault, so that a program can define its windows at every start. */
  function addAgain(known: LiveDefinition, wanted: LiveDefinition): Reply | Problem {
    const [records, status] = [control.windows(), live.status()]
    if (originOf(known) === 'api' && meansTheSame(known, wanted)) {
      return { status: 200, body: documentOf(known, records, status) }
    }
    const what = { built_in: "one of the hub's own", config: 'in the configuration', api: 'there' }
    const message = `a window named ${known.name} is ${what[originOf(known)]} and is another one`
    return problem('conflict', message, {
      errors: [{ path: '/name', message, hint: 'Choose another name, or remove that one first.' }],
    })
  }

  async function remove(call: Call): Promise<Reply | Problem> {
    const name = call.params['name'] ?? ''
    const known = live.definitions().find((each) => each.name === name)
    if (known === undefined || !mayChange(call.principal, known)) {
      return problem('not_found', 'there is no window of that name')
    }
    const origin = originOf(known)
    if (origin !== 'api') {
      const why =
        origin === 'config'
          ? 'comes from the configuration (live.windows): remove it there'
          : "is one of the hub's own"
      return problem('conflict', `${name} ${why}`)
    }
    const document = documentOf(known, control.windows(), live.status())
    control.deleteWindow(name)
    await live.remove(name)
    liveHub.forget(name)
    return { status: 200, body: document }
  }

  const content = { 'application/json': WINDOW_SCHEMA }
  return [
    {
      method: 'GET',
      url: '/api/v1/windows',
      permission: 'query:read',
      summary: 'Live windows, and how far each has got',
      tags: ['live'],
      headers: {
        [PROJECT_HEADER]: 'Project whose windows are listed, for keys bound to none. Default: all.',
      },
      responses: {
        200: {
          description:
            "The hub's own windows, those of the configuration, and those that people defined.",
          content: {
            'application/json': {
              type: 'object',
              required: ['windows'],
              properties: { windows: { type: 'array', items: WINDOW_SCHEMA } },
              additionalProperties: false,
            },
          },
        },
      },
      problems: ['not_found'],
      handle: list,
    },
    {
      method: 'POST',
      url: '/api/v1/windows',
      permission: 'ops:write',
      summary: 'Define a live window',
      description:
        'It is counted from now on; calendar, tumbling and hopping windows that are open begin with what the store has of them. A name that is taken by another definition is a conflict; the same definition once more changes nothing.',
      tags: ['live'],
      query: {
        checked: true,
        parameters: [
          {
            name: 'dryRun',
            doc: 'Only check it.',
            values: ['true', 'false'],
            default: 'false',
          },
        ],
      },
      body: { type: 'json', checked: false, schema: NEW_WINDOW_SCHEMA },
      responses: {
        200: { description: 'It is there already, or was only checked.', content },
        201: { description: 'The window.', content },
      },
      problems: [
        'invalid_request',
        'invalid_json',
        'unsupported_media_type',
        'body_too_large',
        'conflict',
        'overloaded',
        'too_many_windows',
      ],
      handle: add,
    },
    {
      method: 'DELETE',
      url: '/api/v1/windows/:name',
      permission: 'ops:write',
      summary: 'Remove a live window',
      description: 'Streams that watch it are told, and end when they watch nothing else.',
      tags: ['live'],
      params: { name: 'Name of the window.' },
      responses: { 200: { description: 'The window, which is gone.', content } },
      problems: ['not_found', 'conflict'],
      handle: remove,
    },
  ]
}

type Origin = 'built_in' | 'config' | 'api'

function windowDocument(
  definition: LiveDefinition,
  origin: Origin,
  record: WindowRecord | undefined,
  status: readonly LiveStatus[],
): Record<string, unknown> {
  const { by, lateness, maxGroups, measures, name, project, trigger, where, windows } = definition
  return {
    name,
    project,
    origin,
    windows,
    by,
    measures,
    where,
    trigger: trigger ?? null,
    lateness: lateness === undefined ? null : String(lateness),
    max_groups: maxGroups ?? null,
    created_at: record === undefined ? null : new Date(record.createdAt).toISOString(),
    created_by: record?.createdBy ?? null,
    sizes: windows.map((window) => {
      const size = sizeOf(window)
      return sizeDocument(
        size,
        status.find((each) => each.definition === name && each.size === size),
      )
    }),
  }
}

function sizeDocument(size: string, status: LiveStatus | undefined): Record<string, unknown> {
  const watermark = status?.watermark ?? null
  return {
    size,
    watermark: watermark === null ? null : formatIsoMicros(watermark),
    lag_records: status?.lagRecords ?? 0,
    lag_ms: Math.round(status?.lagMs ?? 0),
    late: status?.late ?? 0,
    open_windows: status?.openWindows ?? 0,
    groups: status?.groups ?? 0,
    overflow: status?.overflow ?? 0,
    restated: status?.restated ?? 0,
  }
}

/** Whether two definitions count the same; what a source filled in that was left open is no difference. */
function meansTheSame(known: LiveDefinition, wanted: LiveDefinition): boolean {
  return Object.entries(wanted).every(([member, value]) => {
    const own: unknown = known[member as keyof LiveDefinition]
    return JSON.stringify(own) === JSON.stringify(value)
  })
}

function mayChange(principal: Principal | null, { project }: LiveDefinition): boolean {
  if (principal === null) return false
  return principal.project === null || principal.project === project
}

function invalid(errors: readonly ProblemDetail[]): Problem {
  const [first] = errors
  const where = first === undefined || first.path === '' ? '' : `${first.path}: `
  const detail = `${where}${first?.message ?? 'the window is not valid'}`
  return problem('invalid_request', detail, { errors })
}
