import { connect, type Socket } from 'node:net'

export interface Response {
  readonly status: number
  readonly retryAfterSeconds: number | null
  readonly body: Buffer
}

/**
 * One keep-alive connection, one request at a time. Written on a bare socket because the generator
 * shares the machine with what it measures: `node:http` would take several times the processor time.
 */
export class HttpConnection {
  readonly #socket: Socket
  readonly #host: string
  readonly #key: string
  /** A header line that names the project, or nothing. */
  readonly #project: string
  #received: Buffer[] = []
  #length = 0
  /** Length of the whole response, once its head has come. */
  #expected = -1
  #headLength = 0
  #waiting: { resolve: (response: Response) => void; reject: (error: Error) => void } | null = null
  #error: Error | null = null

  private constructor(socket: Socket, host: string, key: string, project: string | null) {
    this.#socket = socket
    this.#host = host
    this.#key = key
    this.#project = project === null ? '' : `x-llmhub-project: ${project}\r\n`
    socket.setNoDelay(true)
    socket.on('data', (chunk) => this.#take(chunk))
    socket.on('error', (error) => this.#fail(error))
    socket.on('close', () => this.#fail(new Error('the server closed the connection')))
  }

  /** @param project sent with every request, for keys of all projects */
  static open(url: string, key: string, project: string | null = null): Promise<HttpConnection> {
    const { hostname, port, host } = new URL(url)
    return new Promise((resolve, reject) => {
      const socket = connect(Number(port), hostname)
      socket.once('error', reject)
      socket.once('connect', () => resolve(new HttpConnection(socket, host, key, project)))
    })
  }

  request(method: string, path: string, body: Buffer | null = null): Promise<Response> {
    if (this.#error !== null) return Promise.reject(this.#error)
    const type =
      body === null ? '' : `content-type: application/json\r\ncontent-length: ${body.length}\r\n`
    const head = `${method} ${path} HTTP/1.1\r\nhost: ${this.#host}\r\nauthorization: Bearer ${this.#key}\r\n${this.#project}${type}\r\n`
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject }
      this.#socket.cork()
      this.#socket.write(head, 'latin1')
      if (body !== null) this.#socket.write(body)
      this.#socket.uncork()
    })
  }

  close(): void {
    this.#socket.removeAllListeners('close')
    this.#socket.destroy()
  }

  #take(chunk: Buffer): void {
    this.#received.push(chunk)
    this.#length += chunk.length
    if (this.#expected < 0 && !this.#readHead()) return
    if (this.#length < this.#expected) return
    const all = Buffer.concat(this.#received, this.#length)
    const head = all.toString('latin1', 0, this.#headLength)
    const waiting = this.#waiting
    const retryAfter = /\r\nretry-after: *(\d+)/i.exec(head)
    const body = all.subarray(this.#headLength, this.#expected)
    this.#received = []
    this.#length = 0
    this.#expected = -1
    this.#waiting = null
    waiting?.resolve({
      status: Number(head.slice(9, 12)),
      retryAfterSeconds: retryAfter === null ? null : Number(retryAfter[1]),
      body,
    })
  }

  #readHead(): boolean {
    const all = this.#received.length === 1 ? this.#received[0] : Buffer.concat(this.#received)
    if (all === undefined) return false
    const end = all.indexOf('\r\n\r\n')
    if (end < 0) return false
    const length = /\r\ncontent-length: *(\d+)/i.exec(all.toString('latin1', 0, end))
    const status = all.toString('latin1', 9, 12)
    if (length === null && status !== '304' && status !== '204') {
      this.#fail(new Error('a response without content-length'))
      return false
    }
    this.#headLength = end + 4
    this.#expected = this.#headLength + Number(length?.[1] ?? 0)
    return true
  }

  #fail(error: Error): void {
    this.#error ??= error
    this.#waiting?.reject(this.#error)
    this.#waiting = null
    this.#socket.destroy()
  }
}
