import { type Html, html, inline } from '../html.ts'
import type { JsonSchema } from '../route.ts'
import { code, prose } from './prose.ts'
import { schemaView } from './schema-view.ts'

/** As much of the OpenAPI document as the pages show. */
export interface ShownDocument {
  readonly info: { readonly version: string; readonly description: string }
  readonly tags: readonly { readonly name: string; readonly description?: string }[]
  readonly paths: Readonly<Record<string, Readonly<Record<string, ShownOperation>>>>
  readonly components: { readonly schemas: Readonly<Record<string, JsonSchema>> }
}

interface ShownParameter {
  readonly name: string
  readonly in: 'path' | 'query' | 'header'
  readonly required?: boolean
  readonly description: string
  readonly example?: string
  readonly schema: { readonly enum?: readonly string[]; readonly default?: string }
}

type Content = Readonly<Record<string, { readonly schema: JsonSchema; readonly example?: unknown }>>

export interface ShownOperation {
  readonly operationId: string
  readonly summary: string
  readonly description: string
  readonly tags: readonly string[]
  readonly 'x-permission': string
  readonly 'x-codeSamples'?: readonly { readonly label: string; readonly source: string }[]
  readonly parameters?: readonly ShownParameter[]
  readonly requestBody?: { readonly content: Content }
  readonly responses: Readonly<
    Record<string, { readonly description: string; readonly content?: Content }>
  >
}

export interface NamedOperation {
  readonly method: string
  readonly path: string
  readonly operation: ShownOperation
}

/** One operation: what it does and takes on one side, examples and the answer on the other. */
export function operationView(
  { method, path, operation }: NamedOperation,
  document: ShownDocument,
): Html {
  const { operationId: id, parameters = [], requestBody } = operation
  const { schemas } = document.components
  const body = Object.entries(requestBody?.content ?? {})
  const { answers = [], errors = [] } = Object.groupBy(
    Object.entries(operation.responses),
    ([, { content = {} }]) => (isProblemAlone(content) ? 'errors' : 'answers'),
  )
  return html`<section class="operation" id="${id}" aria-labelledby="${id}-title">
<h2 id="${id}-title"><span class="method ${method}">${method}</span> <code>${path}</code> <a class="anchor" href="#${id}" aria-label="Link to ${operation.summary}">#</a></h2>
<p class="summary">${sentence(operation.summary)}</p>
<div class="columns"><div class="about">
<p class="permission">${permission(operation['x-permission'])}</p>
${operation.description === operation.summary ? null : prose(operation.description)}
${parameterTable(parameters)}
${
  body.length === 0
    ? null
    : html`<h3>Body</h3><p class="media">${body.map(([media]) => html`<code>${media}</code> `)}</p>${schemaView(body[0]?.[1].schema ?? {}, schemas)}`
}
<h3>Answers</h3>
${answers.map(([status, response]) => responseView(status, response, schemas))}
<details class="response"><summary>Errors ${errors.map(([status]) => html`<span class="status s4">${status}</span> `)}</summary>${errors.map(([status, response]) => responseView(status, response, schemas))}</details>
</div><div class="examples">
${samples(id, operation)}
${answerView(operation)}
${tryForm(method, path, operation)}
</div></div>
</section>
`
}

/** Whether an answer is a problem and nothing else. */
function isProblemAlone(content: Content): boolean {
  const media = Object.keys(content)
  return media.length === 1 && media[0] === 'application/problem+json'
}

function sentence(text: string): string {
  return text.endsWith('.') ? text : `${text}.`
}

function permission(name: string): Html {
  return name === 'public'
    ? html`Public: needs no key.`
    : html`Needs a key with <code>${name}</code>.`
}

function parameterTable(parameters: readonly ShownParameter[]): Html | null {
  if (parameters.length === 0) return null
  const rows = parameters.map(({ description, in: place, name, schema }) => {
    const values = schema.enum?.map((value) => `\`${value}\``).join(', ')
    const text = [
      description,
      values === undefined ? '' : `One of ${values}.`,
      schema.default === undefined ? '' : `Default: \`${schema.default}\`.`,
    ]
    return html`<li><div class="head"><span class="key">${name}</span> <span class="type">${place}</span>${
      place === 'path' ? html` <span class="required">required</span>` : null
    }</div><div class="doc">${inline(text.filter((each) => each !== '').join(' '))}</div></li>`
  })
  return html`<h3>Parameters</h3><ul class="members">${rows}</ul>`
}

function responseView(
  status: string,
  { description, content = {} }: ShownOperation['responses'][string],
  schemas: Readonly<Record<string, JsonSchema>>,
): Html {
  const shown = Object.entries(content).filter(([media]) => media !== 'application/problem+json')
  const media = shown.map(([name]) => html`<code>${name}</code> `)
  const [first] = shown
  const isShort = first === undefined
  const head = html`<span class="status s${status.charAt(0)}">${status}</span> ${inline(description)}`
  return isShort
    ? html`<div class="response">${head}</div>`
    : html`<details class="response"><summary>${head}</summary><p class="media">${media}</p>${schemaView(first[1].schema, schemas)}</details>`
}

function samples(id: string, operation: ShownOperation): Html | null {
  const all = operation['x-codeSamples'] ?? []
  if (all.length === 0) return null
  const tabs = all.map(
    ({ label }, index) =>
      html`<label><input type="radio" name="lang-${id}" value="${label}" ${index === 0 ? html`checked` : null}><span>${label}</span></label>`,
  )
  const panes = all.map(
    ({ label, source }) =>
      html`<div class="pane" data-lang="${label}"><button type="button" class="copy">Copy</button><pre tabindex="0" aria-label="${label}"><code>${code(source)}</code></pre></div>`,
  )
  return html`<div class="samples"><fieldset class="tabs"><legend>Example</legend>${tabs}</fieldset>${panes}</div>`
}

function answerView({ responses }: ShownOperation): Html | null {
  for (const [status, { content = {} }] of Object.entries(responses)) {
    for (const { example } of Object.values(content)) {
      if (example === undefined || !status.startsWith('2')) continue
      const text = typeof example === 'string' ? example : JSON.stringify(example, null, 2)
      return html`<h3>A real answer <span class="status s2">${status}</span></h3><pre class="answer" tabindex="0" aria-label="Answer"><code>${code(text)}</code></pre>`
    }
  }
  return null
}

/** Only for what reads: a page of documentation is no place to change things from. */
function tryForm(method: string, path: string, operation: ShownOperation): Html | null {
  const { 'x-permission': needs, operationId: id, parameters = [], requestBody } = operation
  const reads = needs === 'public' || needs.endsWith(':read')
  const json = requestBody?.content['application/json']
  if (!reads || operation.tags[0] === 'documents') return null
  if (method !== 'GET' && json === undefined) return null
  const fields = parameters
    .filter(({ in: place }) => place !== 'header')
    .map(
      ({ in: place, name, example, schema }) =>
        html`<label><span>${name}</span><input name="${place}:${name}" autocomplete="off" placeholder="${example ?? schema.default ?? ''}"></label>`,
    )
  const body =
    json === undefined
      ? null
      : html`<label class="wide"><span>Body</span><textarea name="body" rows="8" spellcheck="false">${JSON.stringify(json.example ?? {}, null, 2)}</textarea></label>`
  const key =
    needs === 'public'
      ? null
      : html`<label class="wide"><span>Key</span><input name="key" type="password" autocomplete="off" placeholder="kept in this tab alone"></label>`
  return html`<details class="try"><summary>Try it</summary><form data-method="${method}" data-path="${path}" id="try-${id}">${key}${fields}${body}<button type="submit">Send</button><output aria-live="polite"></output></form></details>`
}
