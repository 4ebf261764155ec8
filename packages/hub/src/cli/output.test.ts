import { expect, test } from 'vitest'
import { documentFor, type Terminal } from './output.ts'

const terminal = (outIsTty: boolean): Terminal => ({
  out: () => {},
  err: () => {},
  outIsTty,
  errIsTty: outIsTty,
  color: false,
  columns: 80,
})

test('texts of events cannot steer the terminal, and reach a file as they are', () => {
  const text = 'model,n\r\n"\u001b]0;x\u0007\u009b2Ja\u202eb\rc\u007f\td",1\r\n'
  expect(documentFor(terminal(true), text)).toBe('model,n\r\n" ]0;x  2Ja b c \td",1\r\n')
  expect(documentFor(terminal(false), text)).toBe(text)
  expect(documentFor(terminal(true), '{}')).toBe('{}\n')
})
