import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'

/** An event of a stream as a test looks at it. */
export interface LiveEvent {
  readonly event: string
  readonly id: string | null
  readonly data: LiveData
}

/** Members of all messages; each has some of them. */
export interface LiveData {
  readonly sub: string
  readonly reason: string
  readonly retryAfter: number | null
  readonly missed: number
  readonly lagMs: number
  readonly position: string
  readonly watermark: string | null
  readonly updates: readonly {
    readonly start: string
    readonly project: string
    readonly key: Readonly<Record<string, string | null>>
    readonly values: Readonly<Record<string, number | string | null>>
    readonly closed: boolean
  }[]
}

/** A client of live streams over a real connection. */
export interface LiveReader {
  readonly status: number
  readonly headers: IncomingMessage['headers']
  /** Everything that came, as it came. */
  readonly text: string
  /** The next event; rejects when the stream ends before one comes. */
  next(event?: string): Promise<LiveEvent>
  /** All events until the stream ends. */
  rest(): Promise<LiveEvent[]>
  /** The id that came last, also on its own. */
  readonly lastId: string | null
  /** Takes nothing any more. */
  pause(): void
  resume(): void
  /** Resolves once the connection is gone. */
  readonly closed: Promise<void>
  close(): void
}

export async function readLive(
  url: string,
  key: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<LiveReader> {
  const sent = request(url, {
    headers: { authorization: `Bearer ${key}`, ...headers },
    agent: false,
  })
  sent.end()
  const [response] = (await once(sent, 'response')) as [IncomingMessage]
  const events: LiveEvent[] = []
  let text = ''
  let open = ''
  let lastId: string | null = null
  let isOver = false
  let wake = (): void => {}
  response.setEncoding('utf8')
  response.on('data', (chunk: string) => {
    text += chunk
    open += chunk
    for (let end = open.indexOf('\n\n'); end >= 0; end = open.indexOf('\n\n')) {
      const event = parsed(open.slice(0, end))
      open = open.slice(end + 2)
      if (event.id !== null) lastId = event.id
      if (event.event !== '') events.push(event)
    }
    wake()
  })
  const closed = new Promise<void>((resolve) => {
    const end = (): void => {
      isOver = true
      wake()
      resolve()
    }
    response.once('close', end)
    response.once('error', end)
    sent.on('error', () => {})
  })
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    get text() {
      return text
    },
    get lastId() {
      return lastId
    },
    async next(wanted) {
      for (;;) {
        const event = events.shift()
        if (event !== undefined) {
          if (wanted === undefined || event.event === wanted) return event
          continue
        }
        if (isOver) throw new Error(`the stream ended: ${text.slice(-500)}`)
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      }
    },
    async rest() {
      await closed
      return events.splice(0)
    },
    pause: () => response.pause(),
    resume: () => response.resume(),
    closed,
    close: () => response.destroy(),
  }
}

/** One block of the stream; comments and blocks of a mere id have no event. */
function parsed(block: string): LiveEvent {
  const fields = new Map<string, string>()
  for (const line of block.split('\n')) {
    const at = line.indexOf(': ')
    if (at > 0) fields.set(line.slice(0, at), line.slice(at + 2))
  }
  const data = fields.get('data')
  return {
    event: fields.get('event') ?? '',
    id: fields.get('id') ?? null,
    data: JSON.parse(data ?? '{}') as LiveData,
  }
}
