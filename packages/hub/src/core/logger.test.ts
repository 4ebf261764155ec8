import { expect, test } from 'vitest'
import { createLogger } from './logger.ts'

function logged(level: 'debug' | 'info', write: (log: ReturnType<typeof createLogger>) => void) {
  const lines: string[] = []
  write(createLogger(level, { write: (line: string) => lines.push(line) }))
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>)
}

test('a line is one JSON object with time, level and message', () => {
  const [line] = logged('info', (log) => log.info({ rows: 3 }, 'applied'))
  expect(line).toEqual({ level: 'info', time: expect.any(String), rows: 3, msg: 'applied' })
  expect(line?.['time']).toMatch(/^\d{4}-\d{2}-\d{2}T[\d:.]+Z$/)
})

test('what carries secrets or words of users is left out, one level deep too', () => {
  const lines = logged('info', (log) => {
    log.info({ authorization: 'Bearer hunter2', id: 1 })
    log.info({ request: { headers: { cookie: 'hunter2' }, body: 'hunter2', id: 2 } })
    log.info({ made: { key: 'hunter2', secret: 'hunter2', hash: 'hunter2', id: 3 } })
  })
  expect(JSON.stringify(lines)).not.toContain('hunter2')
  expect(JSON.stringify(lines).match(/"id":\d/g)).toEqual(['"id":1', '"id":2', '"id":3'])
})

test('an error keeps its message and stack in the log', () => {
  const [line] = logged('info', (log) => log.error({ err: new Error('why') }, 'failed'))
  expect(line?.['err']).toMatchObject({ message: 'why', stack: expect.stringContaining('why') })
})

test('lines below the level are not written', () => {
  expect(logged('info', (log) => log.debug('x'))).toEqual([])
  expect(logged('debug', (log) => log.debug('x'))).toHaveLength(1)
})
