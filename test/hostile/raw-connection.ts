import { connect, type Socket } from 'node:net'

/** Bytes sent on a socket as they are, and everything that came back until the hub or the test closed it. */

export interface RawAnswer {
  readonly text: string
  /** Status codes of the answers, in order. */
  readonly statuses: readonly number[]
}

const CLOSED_WITHIN_MS = 60_000

export interface RawOptions {
  /** Ends the sending side after the bytes, and goes on reading. */
  readonly halfClose?: boolean
  /** Resolves as soon as so many answers began; the socket is then destroyed. Default 1. */
  readonly answers?: number
}

export function sendRaw(
  url: string,
  parts: readonly (string | Buffer)[],
  { halfClose = false, answers = 1 }: RawOptions = {},
): Promise<RawAnswer> {
  const { hostname, port } = new URL(url)
  return new Promise((resolve, reject) => {
    const socket: Socket = connect({ host: hostname, port: Number(port), allowHalfOpen: true })
    const chunks: Buffer[] = []
    const late = setTimeout(() => finish(new Error('no answer')), CLOSED_WITHIN_MS)
    const statusesOf = (text: string): number[] =>
      [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status))
    const finish = (error?: Error): void => {
      clearTimeout(late)
      socket.destroy()
      const text = Buffer.concat(chunks).toString('latin1')
      if (error !== undefined && text === '') reject(error)
      else resolve({ text, statuses: statusesOf(text) })
    }
    socket.on('data', (chunk: Buffer) => {
      chunks.push(chunk)
      const text = Buffer.concat(chunks).toString('latin1')
      const whole = text.split(/HTTP\/1\.1 \d{3} /).slice(1)
      // An answer is there when its head is; bodies of these tests fit one packet behind it.
      if (!halfClose && whole.filter((each) => each.includes('\r\n\r\n')).length >= answers) {
        setImmediate(finish)
      }
    })
    socket.on('end', () => finish())
    socket.on('error', (error) => finish(error))
    socket.on('connect', () => {
      for (const part of parts) socket.write(part)
      if (halfClose) socket.end()
    })
  })
}
