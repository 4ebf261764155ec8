import type { RunFiles, RunSink, RunSource } from './run-files.ts'

/** Files in memory for tests. They survive a crash; what was not made durable may be lost or torn by it. */
export class MemoryRunFiles implements RunFiles {
  readonly files = new Map<string, Uint8Array>()
  /** Called before every operation that can fail; throws to make it fail. */
  fault: (operation: string) => void = () => undefined

  list(): Promise<string[]> {
    return this.#try('list', () => [...this.files.keys()])
  }

  read(name: string): Promise<Uint8Array | null> {
    return this.#try('read', () => this.files.get(name)?.slice() ?? null)
  }

  replace(name: string, bytes: Uint8Array): Promise<void> {
    return this.#try('replace', () => {
      this.files.set(name, bytes.slice())
    })
  }

  create(name: string): Promise<RunSink> {
    return this.#try('create', () => {
      let content = new Uint8Array(0)
      this.files.set(name, content)
      return {
        write: (bytes) =>
          this.#try('write', () => {
            const longer = new Uint8Array(content.length + bytes.length)
            longer.set(content)
            longer.set(bytes, content.length)
            content = longer
            this.files.set(name, content)
          }),
        finish: () => this.#try('finish', () => undefined),
        abandon: () => Promise.resolve(),
      }
    })
  }

  open(name: string): Promise<RunSource> {
    return this.#try('open', () => {
      const content = this.files.get(name)
      if (content === undefined) throw new Error(`no file ${name}`)
      const copy = (position: number, target: Uint8Array): void => {
        const bytes = content.subarray(position, position + target.length)
        if (bytes.length < target.length) throw new Error('the file ends early')
        target.set(bytes)
      }
      return {
        size: content.length,
        readNow: copy,
        read: (position, target) => this.#try('read page', () => copy(position, target)),
        close: () => undefined,
      }
    })
  }

  remove(name: string): Promise<void> {
    return this.#try('remove', () => {
      this.files.delete(name)
    })
  }

  async #try<T>(operation: string, run: () => T): Promise<T> {
    await Promise.resolve()
    this.fault(operation)
    return run()
  }
}
