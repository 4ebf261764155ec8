/** Where a value breaks a JSON Schema, for the keywords that the reports use. Unknown keywords throw. */
export function conforms(value: unknown, schema: unknown, path = ''): string[] {
  if (!isObject(schema)) throw new Error(`${path}: not a schema`)
  const wrong: string[] = []
  for (const [keyword, rule] of Object.entries(schema)) {
    switch (keyword) {
      case 'description':
        break
      case 'type':
        if (!(Array.isArray(rule) ? rule : [rule]).includes(typeOf(value))) {
          const both = typeOf(value) === 'integer' && [rule].flat().includes('number')
          if (!both) wrong.push(`${path}: ${typeOf(value)} is not ${JSON.stringify(rule)}`)
        }
        break
      case 'enum':
        if (!Array.isArray(rule) || !rule.includes(value)) wrong.push(`${path}: not in enum`)
        break
      case 'pattern':
        if (typeof value === 'string' && !new RegExp(String(rule), 'u').test(value)) {
          wrong.push(`${path}: ${value} does not match`)
        }
        break
      case 'format':
        if (rule !== 'date-time') throw new Error(`${path}: format ${JSON.stringify(rule)}`)
        if (typeof value === 'string' && Number.isNaN(Date.parse(value)))
          wrong.push(`${path}: no time`)
        break
      case 'properties':
        for (const [name, part] of Object.entries(isObject(rule) ? rule : {})) {
          if (isObject(value) && name in value) {
            wrong.push(...conforms(value[name], part, `${path}/${name}`))
          }
        }
        break
      case 'required':
        for (const name of Array.isArray(rule) ? rule : []) {
          if (!isObject(value) || !(String(name) in value))
            wrong.push(`${path}: no ${String(name)}`)
        }
        break
      case 'additionalProperties': {
        const known = isObject(schema['properties']) ? schema['properties'] : {}
        for (const name of isObject(value) ? Object.keys(value) : []) {
          if (name in known) continue
          if (rule === false) wrong.push(`${path}: unknown ${name}`)
          else if (isObject(rule) && isObject(value)) {
            wrong.push(...conforms(value[name], rule, `${path}/${name}`))
          }
        }
        break
      }
      case 'items':
        for (const [index, item] of (Array.isArray(value) ? value : []).entries()) {
          wrong.push(...conforms(item, rule, `${path}/${index}`))
        }
        break
      default:
        throw new Error(`${path}: keyword ${keyword} is not checked`)
    }
  }
  return wrong
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function typeOf(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'array'
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number'
  return typeof value
}
