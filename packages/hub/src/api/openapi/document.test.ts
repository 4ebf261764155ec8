import { Ajv2020 } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { ServiceFixture } from '../../../test/service-fixture.ts'
import { startService } from '../../../test/service-fixture.ts'
import type { Route } from '../route.ts'
import { checkRoutes } from '../route.ts'
import { openApiPath } from './document.ts'

let service: ServiceFixture

beforeAll(async () => {
  service = await startService({
    reports: [
      {
        path: '/costs/breakdown',
        summary: 'Costs by dimension',
        parameters: [{ name: 'by', doc: 'Dimension.', type: 'enum', values: ['model'] }],
        response: { type: 'object' },
        run: () => Promise.resolve({ ok: true, body: {} }),
      },
    ],
  })
})
afterAll(() => service.close())

interface Operation {
  readonly operationId: string
  readonly 'x-permission': string
  readonly responses: Readonly<Record<string, { readonly description: string }>>
  readonly parameters?: readonly { readonly name: string; readonly in: string }[]
}

async function operations(): Promise<Map<string, Operation>> {
  const response = await fetch(`${service.url}/openapi.json`)
  const document = (await response.json()) as {
    readonly paths: Record<string, Record<string, Operation>>
  }
  return new Map(
    Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(
        ([method, operation]) => [`${method.toUpperCase()} ${path}`, operation] as const,
      ),
    ),
  )
}

test('the document has exactly the routes the server has registered', async () => {
  const registered = service.api.server.registered.map((name) => openApiPath(name))
  expect([...(await operations()).keys()].toSorted()).toEqual(registered.toSorted())
})

test('every operation says who may call it, and has an id of its own', async () => {
  const all = [...(await operations()).values()]
  expect(new Set(all.map(({ operationId }) => operationId)).size).toBe(all.length)
  for (const operation of all) {
    expect(operation['x-permission']).toMatch(/^(public|admin|[a-z]+:(read|write))$/)
    expect(operation.responses).toHaveProperty('500')
    expect('401' in operation.responses).toBe(operation['x-permission'] !== 'public')
    for (const { description } of Object.values(operation.responses)) {
      expect(description).not.toBe('')
    }
  }
})

test('every parameter of a path is declared', async () => {
  for (const [name, operation] of await operations()) {
    const inPath = [...name.matchAll(/\{(\w+)\}/g)].map(([, parameter]) => parameter)
    const declared = (operation.parameters ?? []).filter((parameter) => parameter.in === 'path')
    expect(declared.map((parameter) => parameter.name)).toEqual(inPath)
  }
})

test('every schema in it is a JSON Schema', () => {
  const ajv = new Ajv2020({ strict: false })
  addFormats.default(ajv)
  const schemas = service.api.routes.flatMap((route) => [
    ...Object.values(route.responses).flatMap(({ content }) => Object.values(content)),
    ...(route.body === undefined
      ? []
      : route.body.type === 'json'
        ? [route.body.schema]
        : Object.values(route.body.content)),
  ])
  expect(schemas.length).toBeGreaterThan(20)
  for (const schema of schemas) {
    expect([ajv.validateSchema(schema), ajv.errorsText()]).toEqual([true, expect.any(String)])
  }
})

test('a route without a permission, or twice, is a bug that shows at boot', () => {
  const [route] = service.api.routes
  if (route === undefined) throw new Error('there are no routes')
  const { permission: _, ...bare } = route
  expect(() => checkRoutes([bare as Route])).toThrow(
    'route POST /api/v1/events declares no permission',
  )
  expect(() => checkRoutes([route, route])).toThrow('is declared twice')
  expect(() => checkRoutes(service.api.routes)).not.toThrow()
})
