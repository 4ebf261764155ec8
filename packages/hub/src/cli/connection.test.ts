import { describe, expect, it } from 'vitest'
import { type ConnectionSources, maskedKey, resolveConnection } from './connection.ts'

const PROD = { url: 'https://prod.example', key: 'prod-key' }
const LAB = { url: 'http://lab:9000', key: 'lab-key' }

interface Given {
  readonly url?: string
  readonly context?: string
  readonly env?: Partial<ConnectionSources['environment']>
  readonly current?: string
  readonly configured?: ConnectionSources['configured']['from']
}

function resolved({ url, context, env = {}, current, configured = 'default' }: Given) {
  const outcome = resolveConnection({
    flags: { url, context },
    environment: { url: null, context: null, key: null, keyFile: null, ...env },
    contexts: {
      file: '/home/ann/contexts.json',
      current: current ?? null,
      byName: new Map([
        ['prod', PROD],
        ['lab', LAB],
      ]),
    },
    configured: { url: 'http://127.0.0.1:8080', from: configured },
  })
  return outcome.ok
    ? [
        outcome.settings.url,
        outcome.settings.key,
        outcome.settings.urlFrom,
        outcome.settings.keyFrom,
      ]
    : outcome
}

const ENV_URL = { url: 'http://env' }
const ENV_KEY = { key: 'env-key' }
const OF_PROD = 'context prod in /home/ann/contexts.json'

describe('flag > environment > context > configuration', () => {
  it.each<[string, Given, unknown]>([
    ['nothing', {}, ['http://127.0.0.1:8080', null, 'the configuration', null]],
    ['the context in use', { current: 'prod' }, [PROD.url, PROD.key, 'context prod', OF_PROD]],
    [
      'LLMHUB_CONTEXT before the one in use',
      { current: 'prod', env: { context: 'lab' } },
      [LAB.url, LAB.key, 'context lab', 'context lab in /home/ann/contexts.json'],
    ],
    [
      'the flag before LLMHUB_CONTEXT, LLMHUB_URL and LLMHUB_KEY',
      { context: 'prod', env: { ...ENV_URL, ...ENV_KEY, context: 'lab' } },
      [PROD.url, PROD.key, 'context prod', OF_PROD],
    ],
    [
      'LLMHUB_URL before the context in use, whose key stays at home',
      { current: 'prod', env: ENV_URL },
      ['http://env', null, 'LLMHUB_URL', null],
    ],
    [
      'the key of the environment at the hub of the context',
      { current: 'prod', env: ENV_KEY },
      [PROD.url, 'env-key', 'context prod', 'LLMHUB_KEY'],
    ],
    [
      'the key of a file',
      { env: { keyFile: { path: '/k', key: 'file-key' } } },
      ['http://127.0.0.1:8080', 'file-key', 'the configuration', 'LLMHUB_KEY_FILE (/k)'],
    ],
    [
      '--url before everything, with the key of the context of the same hub',
      { url: 'https://prod.example/', current: 'prod', env: ENV_URL },
      ['https://prod.example/', PROD.key, '--url', OF_PROD],
    ],
    [
      '--url of another hub',
      { url: 'http://x', current: 'prod' },
      ['http://x', null, '--url', null],
    ],
    [
      '--set port before LLMHUB_URL',
      { env: ENV_URL, configured: 'flag' },
      ['http://127.0.0.1:8080', null, '--set', null],
    ],
    [
      'LLMHUB_PORT before the context in use',
      { current: 'prod', configured: 'environment' },
      ['http://127.0.0.1:8080', null, 'LLMHUB_HOST and LLMHUB_PORT', null],
    ],
    [
      'the context in use before a file of the hub',
      { current: 'prod', configured: 'file' },
      [PROD.url, PROD.key, 'context prod', OF_PROD],
    ],
  ])('%s', (_, given, expected) => {
    expect(resolved(given)).toEqual(expected)
  })
})

it('says which context is not there, who named it, and what was meant', () => {
  expect(resolved({ env: { context: 'prdo' } })).toMatchObject({
    reason: 'unknown',
    message: expect.stringMatching(
      /prdo \(named by LLMHUB_CONTEXT\): there are prod, lab\. Did you mean prod\?/,
    ) as string,
  })
  expect(resolved({ url: 'http://x', context: 'prod' })).toMatchObject({ reason: 'usage' })
})

it('masks keys so that they are told apart and open nothing', () => {
  expect(maskedKey('lah_live_0aB3xxxxxxxx_secret_crc123')).toBe('lah_live_0aB3…')
  expect(maskedKey('some-key-of-an-operator-32-characters')).toBe('some…')
})
