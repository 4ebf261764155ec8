import { isTabbed, openSource } from './open-source.ts'

/** What may part columns, the likelier first: spreadsheets of countries with a decimal comma write semicolons. */
const DELIMITERS = [',', ';', '\t', '|'] as const

/** A header is shorter than this, or it is none that we could read. */
const LONGEST_HEADER = 64 * 1024

/**
 * What parts the columns of a CSV file: a tab where its name ends in `.tsv`, else the sign that its header
 * has most of outside quotes, and a comma in doubt. Reads the beginning of the file.
 */
export async function delimiterOf(path: string): Promise<string> {
  return isTabbed(path) ? '\t' : delimiterOfHeader(await headerOf(path))
}

export function delimiterOfHeader(header: string): string {
  const bare = header.replaceAll(/"(?:[^"]|"")*"/g, '')
  const counts = DELIMITERS.map((sign) => bare.split(sign).length)
  return DELIMITERS[counts.indexOf(Math.max(...counts))] ?? ','
}

async function headerOf(path: string): Promise<string> {
  const { stream } = openSource(path)
  const parts: Buffer[] = []
  let bytes = 0
  for await (const part of stream) {
    const chunk = part as Buffer
    parts.push(chunk)
    bytes += chunk.length
    if (bytes >= LONGEST_HEADER || chunk.includes('\n')) break
  }
  return Buffer.concat(parts).toString('utf8').split('\n', 1)[0] ?? ''
}
