/**
 * Milliseconds after which a test of faults has hung. It judges nothing: the harness bounds every start,
 * stop and answer, and says much sooner what is stuck, and how long a run takes is the machine's affair.
 */
export const LIMIT_MS = 900_000
