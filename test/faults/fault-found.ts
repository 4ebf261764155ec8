/** The hub broke a promise; the message says which one, where, and how to see it again. */
export class FaultFound extends Error {
  override readonly name = 'FaultFound'
}

/** @throws FaultFound when there are findings */
export function demandNone(findings: readonly string[], where: string): void {
  if (findings.length > 0) throw new FaultFound(`${where}:\n  ${findings.join('\n  ')}`)
}
