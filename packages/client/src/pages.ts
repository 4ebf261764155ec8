import type { Client, OperationName, RequestOptions } from './client.ts'
import type { Operations } from './generated/operations.ts'
import type { Failure } from './outcome.ts'

/** Operations whose answers come in pages: `next` of one is `cursor` of the next. */
export type PagedName = {
  [Name in OperationName]: Operations[Name]['answer'] extends { readonly next: string | null }
    ? Name
    : never
}[OperationName]

/** An iteration cannot go on: the hub refused a page. */
export class PageError extends Error {
  override readonly name = 'PageError'
  readonly failure: Failure

  constructor(failure: Failure) {
    super(failure.problem.detail)
    this.failure = failure
  }
}

/**
 * Every page of an answer, one request each, as they are asked for.
 * @throws PageError when a page is refused
 */
export async function* pages<Name extends PagedName>(
  client: Client,
  name: Name,
  options: RequestOptions<Name>,
): AsyncGenerator<Operations[Name]['answer'], void, undefined> {
  const given = options as { readonly query?: object; readonly body?: object }
  const inBody = given.body !== undefined
  let cursor: string | null = null
  do {
    const page: object =
      cursor === null
        ? {}
        : inBody
          ? { body: { ...given.body, cursor } }
          : { query: { ...given.query, cursor } }
    // A page is a request of the same shape, with one more member.
    const request = client.request as (
      name: string,
      options: object,
    ) => ReturnType<typeof client.request<Name>>
    const outcome = await request(name, { ...options, ...page })
    if (!outcome.ok) throw new PageError(outcome)
    yield outcome.data
    cursor = (outcome.data as { readonly next: string | null }).next
  } while (cursor !== null)
}
