import { expect } from 'vitest'
import { openApiChecker } from './openapi-check.ts'
import type { ServiceFixture } from './service-fixture.ts'

export interface ClientRequest {
  readonly key?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array<ArrayBuffer>
  /** Sent as JSON. */
  readonly json?: unknown
}

export interface ClientAnswer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  /** The parsed body, or an empty object when it is not JSON. */
  readonly json: Readonly<Record<string, unknown>>
}

export type ApiClient = (
  method: string,
  path: string,
  request?: ClientRequest,
) => Promise<ClientAnswer>

/** A client that holds every answer against the OpenAPI document of the service. */
export function apiClient(service: ServiceFixture): ApiClient {
  const check = openApiChecker(service.api.openApi)
  return async (method, path, request = {}) => {
    const { key, json } = request
    const response = await fetch(service.url + path, {
      method,
      // What is checked is the answer of the route itself, also where it leads to another.
      redirect: 'manual',
      headers: {
        ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
        ...(json === undefined ? {} : { 'content-type': 'application/json' }),
        ...request.headers,
      },
      body: json === undefined ? (request.body ?? null) : JSON.stringify(json),
    })
    const text = await response.text()
    const { headers, status } = response
    const mediaType = headers.get('content-type')
    expect(check({ method, path, status, mediaType, text })).toEqual([])
    const isJson = /[/+]json/.test(mediaType ?? '')
    const parsed = isJson && text !== '' ? (JSON.parse(text) as ClientAnswer['json']) : {}
    if (mediaType === 'application/problem+json') {
      expect(parsed['instance']).toBe(headers.get('x-request-id'))
      expect(text).not.toMatch(/node_modules|\.ts:|SELECT |at \w+ \(/)
    }
    return { status, headers, text, json: parsed }
  }
}
