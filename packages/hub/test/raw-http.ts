import { connect } from 'node:net'

/**
 * Sends bytes over a bare socket and answers everything that comes back until the server closes the
 * connection. Pieces are sent one after the other, each once the one before has left.
 */
export function rawHttp(port: number, ...pieces: readonly (string | Uint8Array)[]) {
  return new Promise<string>((resolve, reject) => {
    const received: Buffer[] = []
    const socket = connect(port, '127.0.0.1')
    socket.setNoDelay(true)
    socket.on('data', (chunk) => received.push(chunk))
    socket.on('error', (error: Error & { readonly code?: string }) => {
      if (error.code !== 'ECONNRESET' && error.code !== 'EPIPE') reject(error)
    })
    socket.on('close', () => resolve(Buffer.concat(received).toString('latin1')))
    const send = (index: number): void => {
      const piece = pieces[index]
      if (piece !== undefined) socket.write(piece, () => setImmediate(send, index + 1))
    }
    send(0)
  })
}

/** The status codes of the answers in a raw exchange, in order. */
export function statusesOf(raw: string): number[] {
  return [...raw.matchAll(/HTTP\/1\.1 (\d{3})/g)].map(([, status]) => Number(status))
}
