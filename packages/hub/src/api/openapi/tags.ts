/** What belongs together, in the order in which readers want it. */
export const TAGS: Readonly<Record<string, string>> = {
  events: 'Send what your applications report, one by one or as files.',
  query: 'Ask one question language: measures × dimensions × filters × range × step.',
  sql: 'Ask in SQL what the question language cannot say, read-only.',
  live: 'Windows that are counted as events come in, and their results as they change.',
  reports: 'Fixed reports on cost, performance, errors and use, each from one request.',
  'dead letters': 'Rejected events: why, how many, and taking them in again.',
  prices: 'What a call costs, your own prices, and pricing events again.',
  projects: 'Owners of events, and how fast each may send.',
  keys: 'Who may do what.',
  retention: 'How long rows are kept, and what keeps them whatever that says.',
  erasure: 'Erasing everything about a user, with a receipt.',
  operations: 'Health, metrics, checks, backups and compaction.',
  documents: 'What the hub says about its own interface.',
}
