import type { IncomingHttpHeaders } from 'node:http'
import type { Authenticator } from '../auth/authenticator.ts'
import type { Principal } from '../auth/principal.ts'
import { may } from '../auth/principal.ts'
import type { Problem } from './problems.ts'
import { problem } from './problems.ts'
import type { Route } from './route.ts'

export interface Access {
  readonly principal: Principal | null
}

/** Whether a request may use a route, before anything else of it is read. */
export function authorize(
  route: Pick<Route, 'permission'>,
  headers: IncomingHttpHeaders,
  socket: { readonly remoteAddress?: string | undefined },
  authenticator: Authenticator,
): Access | Problem {
  const { permission } = route
  if (permission === 'public') return { principal: null }
  const address = socket.remoteAddress ?? ''
  const { authorization } = headers
  const needed = typeof permission === 'string' ? permission : permission.permission
  if (authorization === undefined && typeof permission !== 'string') {
    if (isLocalCaller(headers, address)) return { principal: null }
  }
  const authentication = authenticator.authenticate(authorization, address)
  if (!authentication.ok) {
    if (authentication.code === 'rate_limited') {
      const { retryAfterSeconds } = authentication
      return problem('rate_limited', authentication.message, { retryAfterSeconds })
    }
    return problem('unauthenticated', authentication.message, {
      headers: { 'www-authenticate': 'Bearer realm="llmhub"' },
    })
  }
  if (!may(authentication.principal, needed)) {
    return problem('forbidden', `this needs the permission ${needed}`)
  }
  return { principal: authentication.principal }
}

/**
 * A program on this machine that speaks to us directly. A proxy on this machine connects from
 * loopback too, but says so; a web page that has rebound its name to 127.0.0.1 sends that name as
 * Host.
 */
function isLocalCaller(headers: IncomingHttpHeaders, address: string): boolean {
  if (headers['forwarded'] !== undefined || headers['via'] !== undefined) return false
  for (const name in headers) if (name.startsWith('x-forwarded-')) return false
  if (headers['x-real-ip'] !== undefined) return false
  const loopback = /^(?:::ffff:)?127\.\d+\.\d+\.\d+$|^::1$/i.test(address)
  const host = (headers.host ?? '').replace(/:\d+$/, '').toLowerCase()
  return loopback && (host === 'localhost' || /^127\.\d+\.\d+\.\d+$|^\[::1\]$/.test(host))
}
