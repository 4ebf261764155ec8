import { parseSync } from 'oxc-parser'

/** How a module is named in a source: `type` ones leave nothing behind at run time. */
export type ImportForm = 'static' | 'dynamic' | 'type'

export interface Import {
  /** `undefined` for a dynamic import whose name is computed. */
  readonly specifier: string | undefined
  readonly form: ImportForm
  readonly line: number
}

/** A use of something that makes a program give two answers to one question. */
export interface AmbientUse {
  readonly what: 'time' | 'timer' | 'randomness' | 'environment'
  readonly text: string
  readonly line: number
}

/** What the layer rules need to know of one source file. */
export interface SourceFacts {
  /** From the repository root, with forward slashes. */
  readonly path: string
  readonly lines: number
  readonly imports: readonly Import[]
  readonly ambient: readonly AmbientUse[]
  /** Lines of `let` and `var` outside every function. */
  readonly moduleState: readonly number[]
}

interface Node {
  readonly type: string
  readonly start: number
  readonly [key: string]: unknown
}

const AMBIENT_MEMBERS: Readonly<Record<string, AmbientUse['what']>> = {
  'Date.now': 'time',
  'performance.now': 'time',
  'performance.timeOrigin': 'time',
  'process.hrtime': 'time',
  'process.uptime': 'time',
  'Temporal.Now': 'time',
  'AbortSignal.timeout': 'timer',
  'Math.random': 'randomness',
  'process.env': 'environment',
}
const TIMERS: ReadonlySet<string> = new Set(['setTimeout', 'setInterval'])
/** Modules that hand out the same things under names of the importer's choice. */
const AMBIENT_MODULES: Readonly<Record<string, AmbientUse['what']>> = {
  timers: 'timer',
  'timers/promises': 'timer',
  perf_hooks: 'time',
  process: 'environment',
}

/** Parses `source`; throws when it is not TypeScript, for a file that is not read cannot be checked. */
export function sourceFacts(path: string, source: string): SourceFacts {
  const result = parseSync(path, source)
  const [error] = result.errors
  if (error !== undefined) throw new Error(`${path}: ${error.message}`)

  const imports: Import[] = []
  const ambient: AmbientUse[] = []
  const moduleState: number[] = []
  const lineOf = (node: Node): number => source.slice(0, node.start).split('\n').length

  const onImport = (node: Node, from: unknown, form: ImportForm): void => {
    const specifier = literal(from)
    imports.push({ specifier, form, line: lineOf(node) })
    const what =
      specifier === undefined ? undefined : AMBIENT_MODULES[specifier.replace(/^node:/, '')]
    if (what !== undefined && form !== 'type') {
      ambient.push({ what, text: `import of ${specifier}`, line: lineOf(node) })
    }
  }
  const onAmbient = (node: Node, text: string): void => {
    const what = TIMERS.has(text) ? 'timer' : AMBIENT_MEMBERS[text]
    if (what !== undefined) ambient.push({ what, text, line: lineOf(node) })
  }

  for (const statement of program(result.program)) {
    const inner = (statement['declaration'] ?? statement) as Node
    if (
      inner.type === 'VariableDeclaration' &&
      inner['kind'] !== 'const' &&
      inner['declare'] !== true
    ) {
      moduleState.push(lineOf(inner))
    }
  }
  walk(result.program as unknown as Node, (node) => {
    switch (node.type) {
      case 'ImportDeclaration':
        onImport(node, node['source'], isTypeOnly(node, 'importKind') ? 'type' : 'static')
        break
      case 'ExportNamedDeclaration':
      case 'ExportAllDeclaration':
        if (node['source'] !== null) {
          onImport(node, node['source'], isTypeOnly(node, 'exportKind') ? 'type' : 'static')
        }
        break
      case 'ImportExpression':
        onImport(node, node['source'], 'dynamic')
        break
      case 'TSImportType':
        onImport(node, node['source'], 'type')
        break
      case 'MemberExpression': {
        const object = name(node['object'])
        const property = name(node['property']) ?? literal(node['property'])
        if (object === undefined || property === undefined) break
        onAmbient(node, object === 'globalThis' ? property : `${object}.${property}`)
        break
      }
      case 'CallExpression': {
        const callee = name(node['callee'])
        if (callee !== undefined && TIMERS.has(callee)) onAmbient(node, callee)
        // Date() without `new` tells the time as a string, whatever its arguments.
        if (callee === 'Date') ambient.push({ what: 'time', text: 'Date()', line: lineOf(node) })
        break
      }
      case 'NewExpression':
        if (name(node['callee']) === 'Date' && (node['arguments'] as unknown[]).length === 0) {
          ambient.push({ what: 'time', text: 'new Date()', line: lineOf(node) })
        }
        break
      case 'VariableDeclarator': {
        // const { env } = process
        const pattern = node['id'] as Node
        const object = name(node['init'])
        if (object === undefined || pattern.type !== 'ObjectPattern') break
        for (const property of pattern['properties'] as Node[]) {
          const key = name(property['key'])
          if (key !== undefined) onAmbient(node, `${object}.${key}`)
        }
        break
      }
    }
  })
  return { path, lines: lineCount(source), imports, ambient, moduleState }
}

/** Lines as an editor numbers them: a newline at the very end begins no further one. */
function lineCount(source: string): number {
  const lines = source.split('\n')
  return lines.at(-1) === '' ? lines.length - 1 : lines.length
}

function program(root: unknown): Node[] {
  return (root as { body: Node[] }).body
}

function isTypeOnly(node: Node, key: string): boolean {
  if (node[key] === 'type') return true
  const specifiers = node['specifiers'] as Node[] | undefined
  return (
    specifiers !== undefined &&
    specifiers.length > 0 &&
    specifiers.every((one) => one[key] === 'type')
  )
}

function name(node: unknown): string | undefined {
  const { type, name: value } = (node ?? {}) as { type?: string; name?: string }
  return type === 'Identifier' ? value : undefined
}

function literal(node: unknown): string | undefined {
  const { type, value } = (node ?? {}) as { type?: string; value?: unknown }
  return type === 'Literal' && typeof value === 'string' ? value : undefined
}

function walk(node: Node, visit: (node: Node) => void): void {
  visit(node)
  for (const value of Object.values(node)) {
    for (const child of Array.isArray(value) ? (value as unknown[]) : [value]) {
      if (typeof child === 'object' && child !== null && 'type' in child) walk(child as Node, visit)
    }
  }
}
