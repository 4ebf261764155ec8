import { afterAll, beforeAll, expect, test } from 'vitest'
import type { ApiClient } from '../../test/api-client.ts'
import { apiClient } from '../../test/api-client.ts'
import type { ServiceFixture } from '../../test/service-fixture.ts'
import { startService } from '../../test/service-fixture.ts'
import type { Permission } from '../control/control.ts'
import { PERMISSIONS } from '../control/control.ts'
import type { ProjectScope } from '../core/scope.ts'
import type { Route } from './route.ts'

// The matrix: every route × every kind of caller. Projects of data are `own` and `other`.

let service: ServiceFixture
let call: ApiClient
const scopes: ProjectScope[] = []

beforeAll(async () => {
  service = await startService({
    reports: [
      {
        path: '/costs',
        summary: 'Costs',
        parameters: [],
        response: { type: 'object' },
        run(_parameters, _ask, scope) {
          scopes.push(scope)
          return Promise.resolve({ ok: true, body: {} })
        },
      },
    ],
    ask: (_question, scope) => {
      scopes.push(scope)
      return Promise.resolve({ ok: false, code: 'not_supported', message: '', issues: [] })
    },
  })
  call = apiClient(service)
  for (const name of ['own', 'other']) {
    service.control.putProject({ name, createdAt: 0, eventsPerSecond: null })
  }
})
afterAll(() => service.close())

/** Callers that do not come from this machine, as a proxy says. */
const REMOTE = { 'x-forwarded-for': '198.51.100.9' }

function send(route: Route, key: string | undefined, headers: Record<string, string> = {}) {
  const path = route.url.replace(':id', 'none').replace(':name', 'own').replace(':file', 'ab')
  return call(route.method, path, {
    ...(key === undefined ? {} : { key }),
    ...(route.body === undefined ? {} : { json: {} }),
    headers: { ...REMOTE, ...headers },
  })
}

function permissionOf({ permission }: Route): 'public' | Permission {
  return typeof permission === 'string' ? permission : permission.permission
}

test.each([null, 'own'])(
  'a permission opens its routes and no others (project %s)',
  async (project) => {
    for (const permission of PERMISSIONS) {
      const key = service.key([permission], project)
      for (const route of service.api.routes) {
        const needed = permissionOf(route)
        const allowed = needed === 'public' || permission === 'admin' || needed === permission
        const { status, json } = await send(route, key)
        const lacking =
          status === 403 && String(json['detail']).startsWith('this needs the permission')
        expect([permission, route.method, route.url, !lacking]).toEqual([
          permission,
          route.method,
          route.url,
          allowed,
        ])
        expect(status).not.toBe(401)
      }
    }
  },
)

test('a key bound to a project cannot name another, on any route that reads or writes data', async () => {
  const key = service.key(['admin'], 'own')
  const data = service.api.routes.filter(({ headers }) => headers?.['X-LLMHub-Project'])
  expect(data.map(({ url }) => url)).toEqual(
    expect.arrayContaining(['/api/v1/events', '/api/v1/query', '/api/v1/costs']),
  )
  for (const route of data) {
    const intakes = service.intakes.length
    const asked = scopes.length
    for (const name of ['other', 'none', '%6fwn', '', 'own,other']) {
      const { status } = await send(route, key, { 'x-llmhub-project': name })
      expect([route.url, name, [400, 403].includes(status)]).toEqual([route.url, name, true])
    }
    expect([service.intakes.length, scopes.length]).toEqual([intakes, asked])
    await send(route, key, { 'x-llmhub-project': 'own' })
    await send(route, key)
    for (const intake of service.intakes.slice(intakes)) expect(intake.project).toBe('own')
    for (const scope of scopes.slice(asked)) expect(scope).toEqual({ project: 'own' })
  }
})

test('an all-projects key asks of all, or of the one it names', async () => {
  const key = service.key(['query:read'])
  const ask = (headers: Record<string, string>) =>
    call('POST', '/api/v1/query', { key, json: {}, headers })
  await ask({})
  expect(scopes.at(-1)).toEqual({ project: null })
  await ask({ 'x-llmhub-project': 'other' })
  expect(scopes.at(-1)).toEqual({ project: 'other' })
  expect((await ask({ 'x-llmhub-project': 'nowhere' })).status).toBe(404)
})

// Last, because after so many failed tries this address gets no new key checked.
test('without a key only public routes answer; a wrong key is nowhere better than none', async () => {
  expect(service.api.routes.length).toBeGreaterThan(15)
  for (const route of service.api.routes) {
    const expected = permissionOf(route) === 'public'
    const name = `${route.method} ${route.url}`
    for (const key of [undefined, 'nonsense', service.key(['admin']).replace(/.$/, '!')]) {
      const { status } = await send(route, key)
      expect([name, status !== 401 && status !== 429]).toEqual([name, expected])
    }
  }
})
