/**
 * What may stand around a semicolon that ends no statement: texts, quoted names and comments. A text
 * that is not closed runs to the end, and the database says so. Triggers, whose bodies hold statements,
 * are not known here.
 */
const PIECE =
  /'(?:[^']|'')*(?:'|$)|"(?:[^"]|"")*(?:"|$)|--[^\n]*|\/\*[\s\S]*?(?:\*\/|$)|;|[^'";/-]+|[\s\S]/g

/** The statements of a script, without the semicolons between them; comments stay with what follows them. */
export function splitStatements(sql: string): string[] {
  const statements: string[] = []
  let statement = ''
  let hasCode = false
  const end = (): void => {
    if (hasCode) statements.push(statement.trim())
    statement = ''
    hasCode = false
  }
  for (const [piece] of sql.matchAll(PIECE)) {
    if (piece === ';') {
      end()
      continue
    }
    statement += piece
    const isComment = piece.startsWith('--') || piece.startsWith('/*')
    if (!isComment && piece.trim() !== '') hasCode = true
  }
  end()
  return statements
}
