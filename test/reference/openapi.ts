/** As much of an OpenAPI document as the pages and the client are made of. */

export interface Parameter {
  readonly name: string
  readonly in: string
  readonly description?: string
  readonly schema?: {
    readonly type?: string
    readonly enum?: readonly string[]
    readonly default?: string | number | boolean
  }
}

interface Content {
  readonly [media: string]: {
    readonly schema: Readonly<Record<string, unknown>>
    readonly example?: unknown
  }
}

export interface Operation {
  readonly operationId: string
  readonly summary: string
  readonly description: string
  readonly tags: readonly string[]
  readonly 'x-permission'?: string
  readonly 'x-codeSamples'?: readonly {
    readonly lang: string
    readonly label: string
    readonly source: string
  }[]
  readonly parameters?: readonly Parameter[]
  readonly requestBody?: { readonly required: boolean; readonly content: Content }
  readonly responses: Readonly<
    Record<string, { readonly description: string; readonly content?: Content }>
  >
}

export interface OpenApi {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  readonly components: {
    readonly schemas: Readonly<Record<string, Readonly<Record<string, unknown>>>>
  }
}
