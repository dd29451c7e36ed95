import type { JsonSchema } from './schemas'

/** One line of a table that describes a value; nested fields follow their parent one level deeper. */
export interface Field {
  name: string
  depth: number
  type: string
  required: boolean
  constraints: string[]
  /** As JSON; null where there is none. */
  defaultValue: string | null
  description: string
}

/** The fields of an object, or of the objects in a list, in the order of the contract. */
export function listFields(schema: JsonSchema, depth = 0): Field[] {
  const { properties = {}, required = [] } = schema
  return Object.entries(properties).flatMap(([name, property]) => {
    const { value, nullable } = splitNullable(toObject(property))
    const field: Field = {
      name,
      depth,
      type: describeType(value) + (nullable ? ' or null' : ''),
      required: required.includes(name),
      constraints: listConstraints(value),
      defaultValue: toObject(property).default === undefined ? null : JSON.stringify(toObject(property).default),
      description: toObject(property).description ?? value.description ?? '',
    }
    return [field, ...listFields(itemOf(value), depth + 1)]
  })
}

export function describeField(name: string, required: boolean, schema: JsonSchema, description = ''): Field[] {
  const described = { ...schema, ...(description && { description }) }
  return listFields({ properties: { [name]: described }, required: required ? [name] : [] })
}

const toObject = (schema: JsonSchema | boolean): JsonSchema => (typeof schema === 'object' ? schema : {})

/** The schema of each item of a list, or the value's own. */
function itemOf(schema: JsonSchema): JsonSchema {
  return schema.type === 'array' && typeof schema.items === 'object' && !Array.isArray(schema.items) ? schema.items : schema
}

function splitNullable(schema: JsonSchema): { value: JsonSchema; nullable: boolean } {
  const kinds = (schema.anyOf ?? []).map(toObject)
  const rest = kinds.filter((kind) => kind.type !== 'null')
  const only = rest[0]
  return only && rest.length === 1 && kinds.length === 2 ? { value: only, nullable: true } : { value: schema, nullable: false }
}

function describeType(schema: JsonSchema): string {
  if (schema.type === 'array') return `list of ${describeType(itemOf(schema))}s`
  if (typeof schema['x-keylease-id-kind'] === 'string') return 'id'
  if (schema.format === 'date-time') return 'time'
  return typeof schema.type === 'string' ? schema.type : 'any'
}

function listConstraints(schema: JsonSchema): string[] {
  const { minLength, maxLength, minimum, maximum } = schema
  return [
    typeof schema['x-keylease-id-kind'] === 'string' && `of one ${schema['x-keylease-id-kind']}`,
    schema.enum && `one of ${schema.enum.map(String).join(', ')}`,
    schema.const !== undefined && `always ${String(schema.const)}`,
    describeRange(minLength, maxLength, ' characters'),
    describeRange(minimum, maximum, ''),
  ].filter((text) => typeof text === 'string')
}

function describeRange(low: number | undefined, high: number | undefined, unit: string): string | false {
  const format = (value: number) => value.toLocaleString('en')
  if (low !== undefined && high !== undefined) return `${format(low)} to ${format(high)}${unit}`
  if (low !== undefined) return `at least ${format(low)}${unit}`
  return high !== undefined && `at most ${format(high)}${unit}`
}
