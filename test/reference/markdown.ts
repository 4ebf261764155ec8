export const NOTE = '<!-- Made by `npm test -- test/reference` with UPDATE=1; do not edit. -->'

function cell(text: string): string {
  return text.replaceAll('|', '\\|')
}

/** A table. */
export function rows(head: readonly string[], body: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.map(cell).join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...body.map(line)].join('\n')
}
