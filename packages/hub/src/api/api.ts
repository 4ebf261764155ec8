import { BodyBudget } from '../receivers/http/body-budget.ts'
import { createEventReceiver } from '../receivers/http/receive.ts'
import type { ApiDependencies } from './dependencies.ts'
import type { Route } from './route.ts'
import { eventRoutes } from './routes/events.ts'
import type { Server, ServerLimits } from './server.ts'
import { createServer, DEFAULT_SERVER_LIMITS } from './server.ts'

export interface Api {
  readonly routes: readonly Route[]
  readonly server: Server
}

/** The whole HTTP service, not yet listening. */
export async function createApi(
  dependencies: ApiDependencies,
  limits: ServerLimits = DEFAULT_SERVER_LIMITS,
): Promise<Api> {
  const { authenticator, clock, logger, projectLimits, receiverLimits } = dependencies
  const budget = new BodyBudget(receiverLimits.maxInFlightBytes)
  const receive = createEventReceiver({
    intake: dependencies.intake,
    limits: receiverLimits,
    budget,
    admit: (project, events) => projectLimits.admit(project, events),
  })
  const routes = [...eventRoutes(dependencies, receive)]
  const instance = Buffer.from(dependencies.randomBytes(5)).toString('hex')
  const server = await createServer({
    routes,
    clock,
    logger,
    authenticator,
    limits,
    instance,
    observe: () => undefined,
  })
  return { routes, server }
}
