import { describe, expect, test } from 'vitest'
import { Undecodable } from '../../core/intake.ts'
import { decodeJson, decodeNdjson } from './decode.ts'

const limits = { maxEvents: 5, maxEventBytes: 1000, maxDepth: 8 }

function json(text: string | Uint8Array) {
  return decodeJson(Buffer.from(text as string), limits)
}

function lines(text: string | Uint8Array) {
  return decodeNdjson(Buffer.from(text as string), limits)
}

/** Codes of the events: `-` for a decoded one. */
function codes(decoded: ReturnType<typeof json>): string[] | string {
  if (!decoded.ok) return decoded.code
  return decoded.events.map((event) => (event instanceof Undecodable ? event.code : '-'))
}

function nested(depth: number): string {
  return `{"a":${'['.repeat(depth - 1)}1${']'.repeat(depth - 1)}}`
}

describe('JSON', () => {
  test.each([
    ['an object', '{"a":1}', ['-']],
    ['an array', '[{"a":1},{"b":2}]', ['-', '-']],
    ['white space', ' \n[ {"a":1} ,\t{} ] \r\n', ['-', '-']],
    ['a byte order mark', '\ufeff{"a":1}', ['-']],
    ['a number', '5', ['-']],
    ['an empty batch', '[]', []],
    ['nothing', '', 'invalid_json'],
    ['white space alone', ' \n ', 'invalid_json'],
    ['half an object', '{"a":', 'invalid_json'],
    ['text after the end', '{"a":1}{"a":2}', 'invalid_json'],
    ['two arrays', '[{"a":1}][{"a":1}]', 'invalid_json'],
    ['NaN', '{"a":NaN}', 'invalid_json'],
    ['Infinity', '[{"a":-Infinity}]', 'invalid_json'],
    ['single quotes', "{'a':1}", 'invalid_json'],
    ['a trailing comma', '[{"a":1},]', 'invalid_json'],
    ['a control character in a string', '{"a":"\u0001"}', 'invalid_json'],
    ['an escaped colon, comma and bracket', '[{"a":":,]}[{\\"\\\\"},{"b":"\\\\"}]', ['-', '-']],
    ['one event too many', '[1,2,3,4,5,6]', 'too_many_events'],
    ['as many events as allowed', '[1,2,3,4,5]', ['-', '-', '-', '-', '-']],
    ['a key twice', '[{"a":1,"a":1},{"a":1}]', ['forbidden_key', '-']],
    ['a key twice deep inside', '[{},{"b":[{"c":{"a":1,"a":2}}]}]', ['-', 'forbidden_key']],
    ['a key twice in the only event', '{"a":1,"a":2}', ['forbidden_key']],
    ['a key twice, once escaped', '[{"a":1,"\\u0061":2},1]', ['forbidden_key', '-']],
    ['__proto__', '[{"a":{"__proto__":{"x":1}}},{"a":1}]', ['forbidden_key', '-']],
    ['__proto__ escaped', '[{"\\u005f_proto__":1},1]', ['forbidden_key', '-']],
    ['constructor', '{"constructor":{"prototype":{"x":1}}}', ['forbidden_key']],
    ['prototype in a list', '{"a":[1,[{"prototype":1}]]}', ['forbidden_key']],
    ['such a name as a value', '{"a":"__proto__","b":["constructor"]}', ['-']],
    ['the deepest allowed', `[${nested(8)}]`, ['-']],
    ['one deeper', `[${nested(9)},{"a":1}]`, ['too_deep', '-']],
    ['one deeper alone', nested(10), ['too_deep']],
    ['a bomb of brackets', '['.repeat(900), 'invalid_json'],
    ['a closed bomb in a batch', `[{},${'['.repeat(400)}${']'.repeat(400)}]`, ['-', 'too_deep']],
    ['a bomb that does not close', `{"a":${'['.repeat(100)}}`, 'invalid_json'],
    ['an event too large', `[{"a":"${'x'.repeat(1000)}"},{"a":1}]`, ['event_too_large', '-']],
    ['an only event too large', `{"a":"${'x'.repeat(1000)}"}`, ['event_too_large']],
    ['too deep beside broken', `[${nested(20)},{"a":]`, 'invalid_json'],
  ])('%s', (_name, text, expected) => {
    expect(codes(json(text))).toEqual(expected)
  })

  test('a bomb of ten million brackets becomes neither objects nor an exception', () => {
    const bomb = Buffer.alloc(10 * 1024 * 1024, '[')
    expect(codes(json(bomb))).toBe('invalid_json')
    const closed = Buffer.concat([
      Buffer.from('[{},'),
      Buffer.alloc(5_000_000, '['),
      Buffer.alloc(5_000_000, ']'),
      Buffer.from(']'),
    ])
    expect(codes(json(closed))).toEqual(['-', 'event_too_large'])
  })

  test.each([
    [[0x22, 0xff, 0x22], 'byte 1 is not UTF-8'],
    [[0x22, 0xc3, 0xa4, 0xed, 0xa0, 0x80, 0x22], 'byte 3 is not UTF-8'],
    [[0x22, 0xef, 0xbf, 0xbd, 0xc3, 0x22], 'byte 4 is not UTF-8'],
    [[0xff, 0xfe, 0x22, 0x00], 'byte 0 is not UTF-8'],
  ])('text that is not UTF-8 names the byte: %j', (bytes, message) => {
    expect(json(Uint8Array.from(bytes))).toEqual({ ok: false, code: 'invalid_json', message })
  })

  test('a number beyond doubles becomes one that validation refuses', () => {
    expect(json('{"a":1e400}')).toEqual({ ok: true, events: [{ a: Number.POSITIVE_INFINITY }] })
  })

  test('messages do not quote the body', () => {
    const decoded = json('{"secret":hunter2}')
    expect(decoded).toMatchObject({ ok: false, code: 'invalid_json' })
    expect(JSON.stringify(decoded)).not.toMatch(/secret|hunter2/)
  })

  test('what could not be decoded keeps its text', () => {
    const decoded = json('[{"a":1, "a":2},{}]')
    expect(decoded.ok && decoded.events[0]).toMatchObject({ body: '{"a":1, "a":2}' })
  })

  test('no prototype is reached', () => {
    json('[{"__proto__":{"polluted":1}},{"constructor":{"prototype":{"polluted":1}}}]')
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
  })
})

describe('NDJSON', () => {
  test.each([
    ['one line', '{"a":1}', ['-']],
    ['lines', '{"a":1}\n{"a":2}\n', ['-', '-']],
    ['carriage returns and blank lines', '\r\n{"a":1}\r\n\r\n \n{"a":2}\r\n\n', ['-', '-']],
    ['a byte order mark', '\ufeff{"a":1}\n', ['-']],
    ['a bad line', '{"a":1}\nnonsense\n{"a":2}', ['-', 'invalid_json_line', '-']],
    ['a line with two values', '{"a":1} {"a":2}\n{}', ['invalid_json_line', '-']],
    ['a key twice', '{"a":1,"a":2}\n{}', ['forbidden_key', '-']],
    ['__proto__', '{}\n{"__proto__":1}', ['-', 'forbidden_key']],
    ['too deep', `${nested(9)}\n${nested(8)}`, ['too_deep', '-']],
    ['too long', `"${'x'.repeat(1000)}"\n{}`, ['event_too_large', '-']],
    ['nothing', '', 'invalid_json'],
    ['blank lines alone', '\n \r\n', []],
    ['one event too many', '1\n2\n3\n4\n5\n\n6', 'too_many_events'],
  ])('%s', (_name, text, expected) => {
    expect(codes(lines(text))).toEqual(expected)
  })

  test('a line that is not UTF-8 spoils no other', () => {
    const bytes = Buffer.concat([
      Buffer.from('{"a":1}\n"'),
      Buffer.from([0xff]),
      Buffer.from('"\n2'),
    ])
    expect(codes(lines(bytes))).toEqual(['-', 'invalid_json_line', '-'])
  })
})
