import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Migrations of a test, of several statements each, in SQL that every engine knows. */

const FILES: Readonly<Record<string, string>> = {
  '0001_first.sql': `
    -- The control store keeps its writer here; semicolons; in comments
    CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL);
    CREATE TABLE things (id INTEGER, label TEXT);
    INSERT INTO things VALUES (1, 'one; two'), (2, 'it''s');`,
  '0002_second.sql': `
    ALTER TABLE things ADD COLUMN size BIGINT;
    UPDATE things SET size = id * 10;
    CREATE TABLE counts (n INTEGER);
    INSERT INTO counts SELECT count(*) FROM things;`,
  '0003_third.sql': `
    DROP TABLE counts;
    CREATE VIEW sizes AS SELECT sum(size) AS total FROM things;
    INSERT INTO things VALUES (3, 'three', 30);`,
}

/** Statements of each file, and its commit. */
export const STEPS: readonly (readonly [version: number, step: number])[] = [3, 4, 3].flatMap(
  (statements, file) =>
    Array.from({ length: statements + 1 }, (_, step) => [file + 1, step] as const),
)

/** What is in the tables after each version: a statement for it, and its rows. */
export const STATES: readonly (readonly [sql: string, rows: readonly (readonly unknown[])[]])[] = [
  ['SELECT 0', [[0]]],
  [
    'SELECT id, label FROM things ORDER BY id',
    [
      [1, 'one; two'],
      [2, "it's"],
    ],
  ],
  [
    'SELECT id, label, size, (SELECT n FROM counts) FROM things ORDER BY id',
    [
      [1, 'one; two', 10, 2],
      [2, "it's", 20, 2],
    ],
  ],
  [
    'SELECT id, label, size, (SELECT total FROM sizes) FROM things ORDER BY id',
    [
      [1, 'one; two', 10, 60],
      [2, "it's", 20, 60],
      [3, 'three', 30, 60],
    ],
  ],
]

/** Writes the first `count` files into `folder`, where `replaced` has others in their place. */
export function writeMigrations(
  folder: string,
  count = 3,
  replaced: Readonly<Record<string, string>> = {},
): string {
  mkdirSync(folder, { recursive: true })
  for (const [file, sql] of Object.entries({ ...FILES, ...replaced }).slice(0, count)) {
    writeFileSync(join(folder, file), sql)
  }
  return folder
}
