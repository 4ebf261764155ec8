import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A Chromium without a window, driven by the DevTools protocol. */
export interface Browser {
  /** Opens an address in a page of that size and waits until it has loaded. */
  open(url: string, size: { readonly width: number; readonly dark?: boolean }): Promise<Page>
  close(): Promise<void>
}

export interface Page {
  /** Addresses that the page has asked for, in order. */
  readonly requests: readonly string[]
  /** What the browser complained about: refused by policy, failed, thrown. */
  readonly complaints: readonly string[]
  /** Value of a JavaScript expression in the page; promises are waited for. */
  evaluate<T>(expression: string): Promise<T>
}

const NAMES = ['chromium', 'chromium-browser', 'google-chrome']

/** Command of an installed Chromium, or null. */
export function findBrowser(): string | null {
  return NAMES.find((name) => spawnSync(name, ['--version']).status === 0) ?? null
}

interface Message {
  readonly id?: number
  readonly sessionId?: string
  readonly method?: string
  readonly params?: Readonly<Record<string, unknown>>
  readonly result?: Readonly<Record<string, unknown>>
  readonly error?: { readonly message: string }
}

export async function startBrowser(command: string): Promise<Browser> {
  const profile = mkdtempSync(join(tmpdir(), 'llmhub-browser-'))
  const child = spawn(command, [
    '--headless',
    '--no-sandbox',
    '--disable-gpu',
    '--remote-debugging-port=0',
    `--user-data-dir=${profile}`,
    'about:blank',
  ])
  const socket = new WebSocket(await addressOf(child))
  await new Promise((resolve, reject) => {
    socket.addEventListener('open', resolve, { once: true })
    socket.addEventListener('error', () => reject(new Error('no connection to the browser')), {
      once: true,
    })
  })
  const waiting = new Map<number, (message: Message) => void>()
  const listeners = new Map<string, (message: Message) => void>()
  let sent = 0
  socket.addEventListener('message', ({ data }) => {
    const message = JSON.parse(String(data)) as Message
    if (message.id !== undefined) waiting.get(message.id)?.(message)
    else listeners.get(message.sessionId ?? '')?.(message)
  })

  function tell(
    method: string,
    params: Readonly<Record<string, unknown>> = {},
    sessionId?: string,
  ): Promise<Readonly<Record<string, unknown>>> {
    sent += 1
    const id = sent
    return new Promise((resolve, reject) => {
      waiting.set(id, ({ error, result = {} }) => {
        waiting.delete(id)
        if (error === undefined) resolve(result)
        else reject(new Error(`${method}: ${error.message}`))
      })
      socket.send(
        JSON.stringify({ id, method, params, ...(sessionId === undefined ? {} : { sessionId }) }),
      )
    })
  }

  return {
    async open(url, { width, dark = false }) {
      const { targetId } = await tell('Target.createTarget', { url: 'about:blank' })
      const { sessionId } = await tell('Target.attachToTarget', { targetId, flatten: true })
      const session = String(sessionId)
      const requests: string[] = []
      const complaints: string[] = []
      const loaded = new Promise<void>((resolve) => {
        listeners.set(session, ({ method, params = {} }) => {
          if (method === 'Page.loadEventFired') resolve()
          const { request, entry, exceptionDetails } = params as {
            readonly request?: { readonly url: string }
            readonly entry?: { readonly text: string }
            readonly exceptionDetails?: unknown
          }
          if (method === 'Network.requestWillBeSent') requests.push(request?.url ?? '')
          if (method === 'Log.entryAdded') complaints.push(entry?.text ?? '')
          if (method === 'Runtime.exceptionThrown')
            complaints.push(JSON.stringify(exceptionDetails))
        })
      })
      for (const domain of ['Page', 'Network', 'Log', 'Runtime']) {
        await tell(`${domain}.enable`, {}, session)
      }
      const metrics = { width, height: 900, deviceScaleFactor: 1, mobile: width < 600 }
      await tell('Emulation.setDeviceMetricsOverride', metrics, session)
      const features = [{ name: 'prefers-color-scheme', value: dark ? 'dark' : 'light' }]
      await tell('Emulation.setEmulatedMedia', { features }, session)
      await tell('Page.navigate', { url }, session)
      await loaded
      return {
        requests,
        complaints,
        async evaluate<T>(expression: string): Promise<T> {
          const { exceptionDetails, result } = await tell(
            'Runtime.evaluate',
            { expression, awaitPromise: true, returnByValue: true },
            session,
          )
          if (exceptionDetails !== undefined) throw new Error(JSON.stringify(exceptionDetails))
          return (result as { readonly value: T }).value
        },
      }
    },
    async close() {
      const ended = new Promise((resolve) => {
        child.once('close', resolve)
      })
      socket.close()
      child.kill('SIGKILL')
      await ended
      rmSync(profile, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}

/** Where the browser listens, as it says itself. */
function addressOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = ''
    child.stderr?.on('data', (bytes: Buffer) => {
      said += bytes.toString()
      const address = /DevTools listening on (ws:\S+)/.exec(said)?.[1]
      if (address !== undefined) resolve(address)
    })
    child.once('error', reject)
    child.once('close', (code) => reject(new Error(`the browser ended with ${code}: ${said}`)))
  })
}
