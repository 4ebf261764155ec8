import type { Exporting, ExportSnapshot } from './export-rows.ts'

/**
 * Lets so many exports run at once, and refuses the others as `busy`: each holds pages of rows and
 * what its format makes of them. A turn ends with the pages, or when the caller has gone away.
 */
export function limitExports(start: Exporting['start'], most: number): Exporting['start'] {
  let running = 0
  return async (request, signal) => {
    if (running >= most) {
      const message = `${most} exports are under way, as many as run at once`
      return { ok: false, failure: 'busy', message }
    }
    running++
    let over = false
    const end = (): void => {
      if (over) return
      over = true
      running--
      signal.removeEventListener('abort', end)
    }
    // A caller may be gone before the first page is taken: then nobody ends the pages.
    signal.addEventListener('abort', end, { once: true })
    try {
      const started = await start(request, signal)
      if (!started.ok || signal.aborted) {
        end()
        return started
      }
      const { position, pages } = started.snapshot
      return { ok: true, snapshot: { position, pages: endedBy(pages, end) } }
    } catch (error) {
      end()
      throw error
    }
  }
}

async function* endedBy(
  pages: ExportSnapshot['pages'],
  end: () => void,
): AsyncGenerator<ExportSnapshot['pages'] extends AsyncIterable<infer Page> ? Page : never> {
  try {
    yield* pages
  } finally {
    end()
  }
}
