import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { controlConformance } from '../conformance.ts'
import { openSqliteControl } from './sqlite-control.ts'

controlConformance('sqlite', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'llmhub-control-'))
  const open = () => openSqliteControl({ file: path.join(folder, 'control.db'), writer: '1.2.3' })
  return {
    control: open(),
    reopen: open,
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
})

let folder: string
let file: string

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'llmhub-control-'))
  file = path.join(folder, 'control.db')
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

test('only the owner can read its files, even if the file was there before', () => {
  writeFileSync(file, '', { mode: 0o644 })
  const control = openSqliteControl({ file, writer: '1.2.3' })
  control.putSecret('pepper', new Uint8Array(32))
  expect(readdirSync(folder)).toContain('control.db-wal')
  for (const name of readdirSync(folder)) {
    expect([name, statSync(path.join(folder, name)).mode & 0o777]).toEqual([name, 0o600])
  }
  control.close()
})

test('writes reach the disk: WAL with synchronous=FULL', () => {
  openSqliteControl({ file, writer: '1.2.3' }).close()
  const database = new DatabaseSync(file)
  expect(database.prepare('PRAGMA journal_mode').get()).toEqual({ journal_mode: 'wal' })
  database.close()
})

test('a newer schema is refused with the command to run and left as it is', () => {
  openSqliteControl({ file, writer: '9.8.7' }).close()
  const database = new DatabaseSync(file)
  database.exec('PRAGMA user_version = 999')
  database.close()
  expect(() => openSqliteControl({ file, writer: '1.2.3' })).toThrow(
    /schema 999.*npx @llmhub\/hub@9\.8\.7 serve/,
  )
  const after = new DatabaseSync(file)
  expect(after.prepare('PRAGMA user_version').get()).toEqual({ user_version: 999 })
  after.close()
})

test('opening again migrates nothing and keeps everything', () => {
  const first = openSqliteControl({ file, writer: '1.2.3' })
  first.putSecret('pepper', new Uint8Array([1]))
  first.close()
  const second = openSqliteControl({ file, writer: '1.2.4' })
  expect(second.secret('pepper')).toEqual(new Uint8Array([1]))
  second.close()
})

test('a permission that only a newer release knows gives nothing', () => {
  const control = openSqliteControl({ file, writer: '1.2.3' })
  const database = new DatabaseSync(file)
  database
    .prepare("INSERT INTO keys VALUES ('x', 'x', '', NULL, ?, 0, NULL, NULL, NULL)")
    .run(JSON.stringify(['query:read', 'query:everything']))
  database.close()
  expect(control.key('x')?.permissions).toEqual(['query:read'])
  control.close()
})

test('a file that is no database is not touched', () => {
  writeFileSync(file, 'this is a text of more than a hundred bytes. '.repeat(40))
  expect(() => openSqliteControl({ file, writer: '1.2.3' })).toThrow(/not a database/)
  expect(statSync(file).size).toBe(45 * 40)
})

test('a copy has everything, is for its owner alone, and replaces nothing', () => {
  const control = openSqliteControl({ file, writer: '1.2.3' })
  control.putSecret('pepper', new Uint8Array([1]))
  const copy = `${file}.copy`
  control.copyTo(copy)
  control.putSecret('pepper', new Uint8Array([2]))
  expect(() => control.copyTo(copy)).toThrow('EEXIST')
  control.close()
  expect(statSync(copy).mode & 0o777).toBe(0o600)
  const copied = openSqliteControl({ file: copy, writer: '1.2.3' })
  expect(copied.secret('pepper')).toEqual(new Uint8Array([1]))
  copied.close()
})
