import { requestSchemas, responseSchemas } from '@keylease/shared/contracts/schemas'
import { z } from 'zod'

export type JsonSchema = z.core.JSONSchema.BaseSchema
export type Direction = 'input' | 'output'

const names = new Map<z.ZodType, string>(
  [...Object.entries(requestSchemas), ...Object.entries(responseSchemas)].map(([name, schema]) => [schema, name]),
)

/** The named schemas, each referring to the others by name. */
export function createSchemaComponents(): Record<string, JsonSchema> {
  return { ...convertNamed(requestSchemas, 'input'), ...convertNamed(responseSchemas, 'output') }
}

/** The reference for a named schema, the whole schema for any other. */
export function referToSchema(schema: z.ZodType, direction: Direction): JsonSchema {
  const name = names.get(schema)
  return name ? { $ref: schemaUri(name) } : toJsonSchema(schema, direction)
}

export function toJsonSchema(schema: z.ZodType, direction: Direction): JsonSchema {
  return dropHeader(z.toJSONSchema(schema, { io: direction, override: (context) => tidy(context.jsonSchema, direction) }))
}

const schemaUri = (name: string) => `#/components/schemas/${name}`

function convertNamed(named: Readonly<Record<string, z.ZodType>>, direction: Direction): Record<string, JsonSchema> {
  const registry = z.registry<{ id: string }>()
  for (const [id, schema] of Object.entries(named)) registry.add(schema, { id })
  const { schemas } = z.toJSONSchema(registry, {
    io: direction,
    uri: schemaUri,
    override: (context) => tidy(context.jsonSchema, direction),
  })
  return Object.fromEntries(Object.entries(schemas).map(([name, schema]) => [name, dropHeader(schema)]))
}

function dropHeader({ $schema, $id, ...schema }: JsonSchema): JsonSchema {
  return schema
}

/** Says once what a keyword already says, and leaves answers room to grow: a client must not refuse a field it does not know. */
function tidy(schema: JsonSchema, direction: Direction): void {
  if (schema.format === 'date-time') delete schema.pattern
  if (schema.maximum === Number.MAX_SAFE_INTEGER) delete schema.maximum
  if (direction === 'output' && schema.additionalProperties === false) delete schema.additionalProperties
  const { example, idKind } = schema as { example?: unknown; idKind?: unknown }
  if (example !== undefined) Object.assign(schema, { examples: [example] })
  if (idKind !== undefined) Object.assign(schema, { 'x-keylease-id-kind': idKind })
  Reflect.deleteProperty(schema, 'example')
  Reflect.deleteProperty(schema, 'idKind')
}
