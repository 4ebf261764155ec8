import type { IncomingHttpHeaders } from 'node:http'

/** Names the project of a request made with a key that is bound to none. */
export const PROJECT_HEADER = 'X-LLMHub-Project'

export function projectHeader(headers: IncomingHttpHeaders): string | undefined {
  const value = headers['x-llmhub-project']
  return Array.isArray(value) ? value.join(',') : value
}
