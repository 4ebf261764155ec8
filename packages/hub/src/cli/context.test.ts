import { afterEach, expect, it, vi } from 'vitest'
import { connection } from './context.ts'
import { EXIT } from './exit-codes.ts'

afterEach(() => {
  vi.unstubAllEnvs()
})

it('says that the file of the key cannot be read', () => {
  vi.stubEnv('LLMHUB_KEY', undefined)
  vi.stubEnv('LLMHUB_KEY_FILE', '/nowhere/key')
  expect(() => connection({})).toThrow(
    expect.objectContaining({
      exitCode: EXIT.config,
      message: expect.stringContaining('LLMHUB_KEY_FILE') as string,
    }),
  )
})

it('goes where --url says, else to the configured host and port', () => {
  expect(connection({ url: 'http://elsewhere:1' }).url).toBe('http://elsewhere:1')
  vi.stubEnv('LLMHUB_URL', undefined)
  expect(connection({ set: ['host=::1', 'port=9000'] }).url).toBe('http://[::1]:9000')
})
