import { PROJECT_NAME } from '../../auth/principal.ts'
import type { ProjectLimits } from '../../auth/project-limits.ts'
import type { Control, ProjectRecord } from '../../control/control.ts'
import type { Clock } from '../../core/clock.ts'
import type { Problem } from '../problems.ts'
import { problem } from '../problems.ts'
import type { Call, Reply, Route } from '../route.ts'

export interface ProjectRouteDependencies {
  readonly control: Control
  readonly clock: Clock
  readonly projectLimits: ProjectLimits
}

const rate = {
  type: ['number', 'null'],
  exclusiveMinimum: 0,
  description: 'Events per second the project may send; null: no limit.',
} as const

const PROJECT_SCHEMA = {
  title: 'Project',
  type: 'object',
  required: ['name', 'created_at', 'events_per_second'],
  properties: {
    name: { type: 'string' },
    created_at: { type: 'string', format: 'date-time' },
    events_per_second: rate,
  },
  additionalProperties: false,
} as const

/** `/api/v1/projects`. Only keys bound to no project change them. */
export function projectRoutes(dependencies: ProjectRouteDependencies): readonly Route[] {
  const { clock, control, projectLimits } = dependencies

  function listProjects(call: Call): Reply {
    const own = call.principal?.project ?? null
    const projects = control.projects().filter(({ name }) => own === null || name === own)
    return { status: 200, body: { projects: projects.map(projectDocument) } }
  }

  function putProject(call: Call): Reply | Problem {
    if (call.principal?.project !== null) {
      return problem('forbidden', 'this needs a key that is bound to no project')
    }
    const name = call.params['name'] ?? ''
    if (!PROJECT_NAME.test(name)) {
      const message = `has to match ${PROJECT_NAME.source}`
      return problem('invalid_request', 'the project name is not valid', {
        errors: [{ path: 'name', message }],
      })
    }
    const body = call.body as { readonly events_per_second: number | null }
    const existing = control.projects().find((project) => project.name === name)
    const createdAt = existing?.createdAt ?? clock.now()
    const record = { name, createdAt, eventsPerSecond: body.events_per_second }
    control.putProject(record)
    projectLimits.forget()
    return { status: 200, body: projectDocument(record) }
  }

  return [
    {
      method: 'GET',
      url: '/api/v1/projects',
      permission: 'keys:write',
      summary: 'List projects',
      tags: ['projects'],
      responses: {
        200: {
          description: 'Your project, or all.',
          content: {
            'application/json': {
              type: 'object',
              required: ['projects'],
              properties: { projects: { type: 'array', items: PROJECT_SCHEMA } },
              additionalProperties: false,
            },
          },
        },
      },
      problems: [],
      handle: listProjects,
    },
    {
      method: 'PUT',
      url: '/api/v1/projects/:name',
      permission: 'keys:write',
      summary: 'Create a project or change its limit',
      tags: ['projects'],
      params: { name: 'Name of the project.' },
      body: {
        type: 'json',
        checked: true,
        schema: {
          type: 'object',
          required: ['events_per_second'],
          properties: { events_per_second: rate },
          additionalProperties: false,
        },
      },
      responses: {
        200: { description: 'The project.', content: { 'application/json': PROJECT_SCHEMA } },
      },
      problems: ['invalid_request', 'invalid_json', 'unsupported_media_type', 'body_too_large'],
      handle: putProject,
    },
  ]
}

function projectDocument(record: ProjectRecord): Record<string, unknown> {
  return {
    name: record.name,
    created_at: new Date(record.createdAt).toISOString(),
    events_per_second: record.eventsPerSecond,
  }
}
