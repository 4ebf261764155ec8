import { describe, expect, it } from 'vitest'
import { blocksOf, isShown, matches, shapeOf, shows, unexplained } from './doc-blocks.ts'

describe('blocks of a page', () => {
  it('are found, with what they answer', () => {
    const text =
      'a\n```sh run\nx\n```\n\n```json answer\n{}\n```\n```sh\ny\n```\n```sh run stopped\nz\n```\n```sh start\nq\n```\n'
    expect(blocksOf('p', text)).toEqual([
      {
        at: 'p:2',
        kind: 'run',
        stopped: false,
        script: 'x\n',
        answer: { form: 'json answer', text: '{}\n' },
      },
      { at: 'p:12', kind: 'run', stopped: true, script: 'z\n', answer: null },
      { at: 'p:15', kind: 'start', stopped: false, script: 'q\n', answer: null },
    ])
  })

  it('are carried out, or say why not', () => {
    const text =
      '```sh\na\n```\n```sh run\nb\n```\n```sh not run: needs a printer\nc\n```\n```sh not run:\nd\n```\n'
    expect(unexplained('p', text)).toEqual(['p:1', 'p:10'])
  })

  it('are held to their answers', () => {
    const got = { a: 1, b: ['x7', null] }
    expect(shows(got, { a: 1, b: ['x…', null] })).toBe(true)
    expect(shows(got, { a: 1, '…': '…' })).toBe(true)
    expect(shows(got, { a: 1 })).toBe(false)
    expect(shows(got, { a: 2, '…': '…' })).toBe(false)
    expect(shows(got, { a: 1, b: ['x…'] })).toBe(false)
    expect(shows(got, { a: 1, b: ['y…', null] })).toBe(false)
    expect([matches('a.b (1)', 'a.b (1)'), matches('axb (1)', 'a.b (1)')]).toEqual([true, false])
  })

  it('are held to their samples: words and columns, whatever the amounts and their order', () => {
    const shown = 'model    cost\n─────  ──────\na       $1.20\nb      -$0.30\n'
    const sample = (text: string) => isShown(text, { form: 'text sample', text: shown })
    expect(sample('model      cost\n─────  ────────\nb       -$10.31\na      $1,234.5\n')).toBe(
      true,
    )
    expect(sample('model    cost\n─────  ──────\na       $1.20\n')).toBe(false)
    expect(sample('model    cost\n─────  ──────\na       $1.20\nc      -$0.30\n')).toBe(false)
    expect(shapeOf('2.00 % ┤ ⣀⠤⠔⠒⠉\n  ▲ peak 3 % at 2026-11-05')).toBe(
      shapeOf('9.1 % ┤⠒⠉\n ▲ peak 14.2 % at 2025-01-31'),
    )
  })
})
