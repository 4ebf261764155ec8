import fc from 'fast-check'
import { expect, test } from 'vitest'
import { splitStatements } from './sql-statements.ts'

test('semicolons of texts, names and comments end nothing', () => {
  expect(
    splitStatements(`
      -- first; of two
      CREATE TABLE "a;b" (x TEXT DEFAULT 'it''s; so');
      /* nothing; here */
      INSERT INTO t VALUES (4 / 2 - 1);;
      -- the end;
    `),
  ).toEqual([
    `-- first; of two\n      CREATE TABLE "a;b" (x TEXT DEFAULT 'it''s; so')`,
    '/* nothing; here */\n      INSERT INTO t VALUES (4 / 2 - 1)',
  ])
})

test('what is not closed runs to the end', () => {
  expect(splitStatements("SELECT 'a; b")).toEqual(["SELECT 'a; b"])
  expect(splitStatements('SELECT 1 /* a; b')).toEqual(['SELECT 1 /* a; b'])
})

test('statements put together come apart again', () => {
  const word = fc.constantFrom('SELECT', "'a;''b'", '"c;""d"', '-- e;\n', '/* f; */', '1-2', '/')
  const statement = fc
    .array(word, { minLength: 1, maxLength: 6 })
    .map((words) => `x ${words.join(' ')} y`)
  fc.assert(
    fc.property(fc.array(statement, { maxLength: 5 }), (statements) => {
      expect(splitStatements(statements.join(';\n'))).toEqual(statements)
    }),
  )
})
