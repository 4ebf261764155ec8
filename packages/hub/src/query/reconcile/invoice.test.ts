import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { dollars } from '../../core/dollars.ts'
import { amountOf, parseInvoice } from './invoice.ts'

function parsed(text: string, told = {}, zone = 'UTC') {
  const outcome = parseInvoice(text, told, zone)
  if (!outcome.ok) throw new Error(JSON.stringify(outcome.issues))
  return outcome.invoice
}

function issues(text: string, told = {}) {
  const outcome = parseInvoice(text, told, 'UTC')
  return outcome.ok ? [] : outcome.issues.map(({ path, message }) => `${path}: ${message}`)
}

describe('amounts', () => {
  it.each([
    ['1', '1'],
    ['-0.5', '-0.5'],
    ['$1,234.50', '1234.5'],
    ['0.8958740000000000', '0.895874'],
    ['8.1e-05', '0.000081'],
    ['1.5E+3', '1500'],
    ['.25', '0.25'],
    ['3.', '3'],
    ['0.0000000000005', '0'],
    ['0.0000000000015', '0.000000000002'],
  ])('%s', (text, expected) => {
    expect(dollars(amountOf(text) ?? -1n)).toBe(expected)
  })

  it.each(['', '-', '.', '1,23', '1.2.3', '0,5', 'free', '1e999', '1 000', '€5'])(
    'not %s',
    (text) => {
      expect(amountOf(text)).toBeNull()
    },
  )

  it('are exact for any whole number of pico-dollars, however it is written', () => {
    fc.assert(
      fc.property(
        fc.bigInt(-(10n ** 20n), 10n ** 20n),
        fc.integer({ min: -9, max: 9 }),
        (pico, shift) => {
          expect(amountOf(dollars(pico))).toBe(pico)
          const scaled = dollars(pico).replace('-', '')
          const sign = pico < 0n ? '-' : ''
          const [whole = '', fraction = ''] = scaled.split('.')
          // The same number with its point moved, and the exponent that moves it back.
          const digits = `${whole}${fraction}`.padStart(30, '0').padEnd(60, '0')
          const point = Math.max(0, 30 - whole.length - fraction.length) + whole.length + shift
          const moved = `${sign}${digits.slice(0, point)}.${digits.slice(point)}e${-shift}`
          expect(amountOf(moved)).toBe(pico)
        },
      ),
    )
  })
})

describe('shapes', () => {
  it('the export of OpenAI: epoch days, line items, days without cost', () => {
    const invoice = parsed(
      [
        'start_time,end_time,start_time_iso,end_time_iso,amount_value,amount_currency,line_item,project_id',
        '1759622400,1759708800,2025-10-05T00:00:00+00:00,2025-10-06T00:00:00+00:00,0.8958740000000000,usd,"gpt-4o-2024-08-06, cached input",p',
        '1759968000,1760054400,2025-10-09T00:00:00+00:00,2025-10-10T00:00:00+00:00,,,,',
      ].join('\n'),
    )
    expect(invoice).toMatchObject({ shape: 'openai', provider: 'openai', empty: 1 })
    expect(invoice.lines).toEqual([
      {
        day: '2025-10-05',
        model: 'gpt-4o-2024-08-06',
        amount: 895_874_000_000n,
        inputTokens: null,
        outputTokens: null,
      },
    ])
  })

  it('the export of Anthropic: a line per type of token', () => {
    const invoice = parsed(
      'usage_date_utc,model,workspace,api_key,usage_type,context_window,token_type,cost_usd,list_price_usd,cost_type\n' +
        '2026-04-06,Claude Sonnet 4.5,Default,key,message,≤ 200k,input_cache_read,18.71,18.71,token\n',
    )
    expect(invoice).toMatchObject({
      shape: 'anthropic',
      provider: 'anthropic',
      columns: { date: 'usage_date_utc', model: 'model', amount: 'cost_usd' },
      lines: [{ day: '2026-04-06', model: 'Claude Sonnet 4.5', amount: 18_710_000_000_000n }],
    })
  })

  it('any other file by usual or given headers, with comma, semicolon or tab, BOM and CRLF', () => {
    const expected = [{ day: '2026-11-20', model: 'm', amount: 10n ** 12n, inputTokens: 7n }]
    for (const mark of [',', ';', '\t']) {
      const text = `\uFEFFDate|Model|Cost USD|Input Tokens\r\n2026-11-20|m|1.00|7\r\n\r\n`
      expect(parsed(text.replaceAll('|', mark))).toMatchObject({
        shape: 'generic',
        lines: expected,
      })
    }
    const told = { date: 'Tag', amount: 'Betrag', model: 'Modell', input_tokens: 'ein' }
    expect(parsed('Tag,Modell,Betrag,ein\n2026-11-20,m,1,7\n', told).lines).toMatchObject(expected)
  })

  it('instants belong to a day of the zone; dates, and times without a zone, are taken as written', () => {
    const days = (zone: string) =>
      parsed(
        'date,amount\n2026-11-20T23:30:00Z,1\n1763681400,1\n2026-11-20,1\n2026-11-20 23:30:00,1\n',
        {},
        zone,
      ).lines.map(({ day }) => day)
    expect(days('UTC')).toEqual(['2026-11-20', '2025-11-20', '2026-11-20', '2026-11-20'])
    expect(days('Europe/Berlin')).toEqual(['2026-11-21', '2025-11-21', '2026-11-20', '2026-11-20'])
  })
})

describe('what is wrong', () => {
  it.each([
    ['', ['line 1: the file is empty']],
    ['\n\n', ['line 1: the file is empty']],
    [
      'model,tokens\nm,3\n',
      [
        'date: no column of model, tokens is known to hold it: name it with ?date=<header>',
        'amount: no column of model, tokens is known to hold it: name it with ?amount=<header>',
      ],
    ],
    [
      'date,amount\n2026-11-20,1\n\n2026-11-21,free\n20.11.2026,2\n2026-02-30,1\nnow,1\n',
      [
        'line 4: "free" is not an amount of dollars',
        'line 5: "20.11.2026" is not a date: ISO 8601 (2026-11-20) or epoch',
        'line 6: "2026-02-30" is not a date: ISO 8601 (2026-11-20) or epoch',
        'line 7: "now" is not a date: ISO 8601 (2026-11-20) or epoch',
      ],
    ],
    [
      'date,amount,currency\n2026-11-20,1,EUR\n',
      ['line 2: the currency is "EUR", and only USD can be compared'],
    ],
    [
      'date,amount,input_tokens\n2026-11-20,1,1.5\n',
      ['line 2: input_tokens "1.5" is not a whole number'],
    ],
  ])('%j', (text, expected) => {
    expect(issues(text)).toEqual(expected)
  })

  it('a header that is not there, with the nearest one', () => {
    expect(issues('date,amount,modle\n', { model: 'model' })).toEqual([
      'model: no column of the file is named "model". Did you mean "modle"?',
    ])
  })

  it('quotes that are not closed, by line; no more than twenty issues', () => {
    expect(issues('date,amount\n2026-11-20,"1\n')[0]).toMatch(/^line \d: is not CSV: /)
    expect(issues(`date,amount\n${'x,y\n'.repeat(100)}`)).toHaveLength(20)
  })

  it('is said for any text that is no invoice, without throwing', () => {
    const answers = fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) =>
      [text, `date,amount\n${text}`]
        .map((whole) => parseInvoice(whole, {}, 'UTC'))
        .every((outcome) => outcome.ok || outcome.issues.length > 0),
    )
    expect(fc.check(answers)).toMatchObject({ failed: false })
  })
})
