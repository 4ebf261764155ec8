import { expect, it } from 'vitest'
import { createLogger } from '../core/logger.ts'
import { logDestination } from './log-lines.ts'
import { rememberingContext } from './remembering-context.fixture.ts'

function logged(outIsTty: boolean, write: (log: ReturnType<typeof createLogger>) => void): string {
  const { context, written } = rememberingContext({ terminal: { outIsTty } })
  const destination = logDestination(context.terminal)
  if (destination !== undefined) write(createLogger('info', destination))
  return written.out
}

const TIME = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ  /

it('says time, level, message and what belongs to it', () => {
  const text = logged(true, (log) => {
    log.info({ state: 'ready', reason: null, rows: 3 }, 'store')
    log.warn('alone')
  })
  const [first = '', second = '', ...rest] = text.split('\n')
  expect(first).toMatch(TIME)
  expect(first.replace(TIME, '')).toBe('info   store  state=ready rows=3')
  expect(second.replace(TIME, '')).toBe('warn   alone')
  expect(rest).toEqual([''])
})

it('keeps a line one line, and lets nothing move the cursor', () => {
  const text = logged(true, (log) =>
    log.error({ err: new Error('two\nlines \u001B[2J'), path: { a: 1 } }, 'm\u0007'),
  )
  expect(text.replace(TIME, '')).toBe(
    'error  m   path={"a":1} error="two lines "\n'.replace('path={"a":1}', 'path="{\\"a\\":1}"'),
  )
})

it('leaves the log to programs where there is no terminal', () => {
  expect(logged(false, (log) => log.info('x'))).toBe('')
})
