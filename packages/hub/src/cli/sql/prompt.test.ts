import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CliError, EXIT } from '../exit-codes.ts'
import type { Terminal } from '../output.ts'
import { complete, type SqlSchema } from './complete.ts'
import { prompt } from './prompt.ts'
import { showRows, sqlFailure } from './show.ts'
import { isBlank, statementEnd } from './statement-end.ts'

const column = (name: string) => ({ name, type: 'VARCHAR', doc: `What ${name} is.` })
const SCHEMA: SqlSchema = {
  schema: 'analytics',
  views: [
    { name: 'calls', doc: 'Calls. More.', columns: [column('model'), column('latency_ms')] },
    { name: 'costs', doc: 'Costs.', columns: [column('cost_total')] },
  ],
  functions: ['median', 'mode'],
  tableFunctions: ['range'],
}

describe('the end of a statement', () => {
  it.each([
    ['SELECT 1;', 9],
    ['SELECT 1; SELECT 2;', 9],
    ["SELECT ';", null],
    ["SELECT ';''';", 13],
    ['SELECT ";" ;', 12],
    ['SELECT 1 -- ;', null],
    ['SELECT 1 -- ;\n;', 15],
    ['/* ; */;', 8],
    ['SELECT $$;$$, $a$ ; $$ $a$;', 27],
    ['', null],
  ])('%j is %j', (text, end) => expect(statementEnd(text)).toBe(end))

  it('is nowhere in what is blank', () => {
    expect(['', ' \n', '-- x', '/* x */ -- y\n'].every(isBlank)).toBe(true)
    expect(isBlank('-- x\n1')).toBe(false)
  })
})

describe('completion', () => {
  it.each([
    ['SELECT * FROM c', ['calls', 'costs'], 'c'],
    ['SELECT * FROM analytics.co', ['analytics.costs'], 'analytics.co'],
    ['SELECT mod', ['model'], 'mod'],
    ['SELECT mode', ['model'], 'mode'],
    ['SELECT med', ['median('], 'med'],
    ['SELECT * FROM costs WHERE mo', ['mode('], 'mo'],
    ['SELECT c. FROM calls c'.slice(0, 9), [], 'c.'],
    ['SELECT * FROM calls AS k WHERE k.l', ['k.latency_ms'], 'k.l'],
    ['SEL', ['SELECT'], 'SEL'],
    ['sel', ['select'], 'sel'],
    ['\\d co', ['costs'], 'co'],
    ['\\o n', ['ndjson'], 'n'],
    ['\\t', ['\\timing'], '\\t'],
  ])('of %j is %j', (text, hits, word) => expect(complete(SCHEMA, text)).toEqual([hits, word]))
})

describe('what is shown', () => {
  it('is a block per row when expanded, without control characters', () => {
    const answer = {
      columns: [{ name: 'a', type: 'VARCHAR' }],
      rows: [['x\u001b[2Jy']],
      meta: { truncated: false, elapsedMs: 1 },
    }
    expect(showRows(answer, true)).toBe('─[ 1 ]─\na │ xy\n')
  })

  it('is a caret below the place of an error', () => {
    const failure = (sql: string, position: number): string => {
      const body = {
        code: 'invalid_sql',
        errors: [{ path: '/sql', message: 'm', position, hint: 'h' }],
      }
      const headers = new Headers()
      return sqlFailure(
        {
          status: 400,
          body,
          text: '',
          headers,
          retryAfterSeconds: null,
          date: null,
          settings: { url: 'http://127.0.0.1:8080', key: null },
        },
        sql,
      ).message
    }
    expect(failure('SELECT x', 7)).toBe('m\nLINE 1: SELECT x\n               ^\nh')
    expect(failure('SELECT\n\tx, y', 11)).toBe('m\nLINE 2: \tx, y\n        \t   ^\nh')
    const long = failure(`SELECT ${'a, '.repeat(100)}x`, 307).split('\n')
    expect(long[1]?.[long[2]?.indexOf('^') ?? 0]).toBe('x')
  })
})

describe('the prompt', () => {
  const folder = mkdtempSync(join(tmpdir(), 'llmhub-prompt-'))
  const ran: string[] = []
  let out = ''
  let err = ''

  beforeAll(async () => {
    const input = new PassThrough()
    const terminal: Terminal = {
      out: (text) => void (out += text),
      err: (text) => void (err += text),
      outIsTty: true,
      errIsTty: true,
      color: false,
      columns: 80,
    }
    const done = prompt({
      input,
      output: new PassThrough().resume(),
      terminal,
      schema: SCHEMA,
      stateFolder: join(folder, 'state'),
      run: (sql, state, signal) => {
        ran.push(`${sql.trim()} ${state.format} ${state.expanded}`)
        if (sql.includes('wrong')) throw new CliError('it is wrong', EXIT.usage)
        if (!sql.includes('endless')) return Promise.resolve()
        return new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => reject(new CliError('', EXIT.interrupted)))
          setImmediate(() => input.write('\u0003'))
        })
      },
    })
    const lines = [
      'select 1',
      '  , 2; select 3;',
      '\\x',
      '\\o csv',
      'wrong;',
      '\\d',
      '\\d calls',
      'select 4;',
      'endless;',
    ]
    input.write(lines.map((line) => `${line}\r`).join(''))
    input.write('\\nothing\r\\q\r')
    await done
  })

  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  it('sends each statement once it ends, in the form that was chosen', () => {
    expect(ran).toEqual([
      'select 1\n  , 2; table false',
      'select 3; table false',
      'wrong; csv true',
      'select 4; csv true',
      'endless; csv true',
    ])
  })

  it('tells errors and goes on; Ctrl-C stops the statement that runs', () => {
    expect(err).toContain('it is wrong\n')
    expect(err).toContain('stopped\n')
    expect(err).toContain('there is no \\nothing')
    expect(out).toMatch(/analytics\.calls +Calls\.\n/)
    expect(out).toMatch(/latency_ms +VARCHAR +What latency_ms is\./)
  })

  it('keeps what was typed for its owner alone', () => {
    const file = join(folder, 'state', 'sql_history')
    expect(statSync(file).mode & 0o777).toBe(0o600)
    expect(readFileSync(file, 'utf8').split('\n').slice(0, 3)).toEqual([
      '\\q',
      '\\nothing',
      'endless;',
    ])
  })
})
