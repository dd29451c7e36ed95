import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

export interface Model {
  table: string
  columns: { name: string; type: string; isNullable: boolean }[]
  primaryKey: string[]
}

const nativeTypes: Record<string, string> = {
  String: 'text',
  Int: 'integer',
  BigInt: 'bigint',
  Boolean: 'boolean',
  Json: 'jsonb',
  Bytes: 'bytea',
  'DateTime @db.Timestamptz(3)': 'timestamp(3) with time zone',
}

/** What schema.prisma says the tables are. Every model and column names itself by @@map and @map, or is spelt alike. */
export async function readModels(): Promise<Model[]> {
  const text = await readFile(join(import.meta.dirname, '..', 'prisma', 'schema.prisma'), 'utf8')
  const blocks = [...text.matchAll(/^model (\w+) \{\n([\s\S]*?)^\}/gm)].map((match) => ({ name: match[1] ?? '', body: match[2] ?? '' }))
  const models = new Set(blocks.map((block) => block.name))
  return blocks.map(({ name, body }) => toModel(name, body, models))
}

function toModel(name: string, body: string, models: Set<string>): Model {
  const fields = body
    .split('\n')
    .map((line) => /^\s+(\w+)\s+(\w+)(\?|\[\])?(.*)$/.exec(line))
    .flatMap((match) => (match && !models.has(match[2] ?? '') ? [toField(match)] : []))
  const keyFields = /@@id\(\[([^\]]+)\]/.exec(body)?.[1]?.split(/,\s*/) ?? fields.filter((field) => field.isId).map((field) => field.field)
  return {
    table: /@@map\("(\w+)"\)/.exec(body)?.[1] ?? name,
    columns: fields.map(({ name: column, type, isNullable }) => ({ name: column, type, isNullable })),
    primaryKey: keyFields.map((key) => fields.find((field) => field.field === key)?.name ?? key),
  }
}

function toField([, field = '', type = '', suffix, attributes = '']: RegExpExecArray) {
  const native = /@db\.\w+(\(\d+\))?/.exec(attributes)?.[0]
  const key = native ? `${type} ${native}` : type
  return {
    field,
    name: /@map\("(\w+)"\)/.exec(attributes)?.[1] ?? field,
    type: `${nativeTypes[key] ?? `unknown ${key}`}${suffix === '[]' ? '[]' : ''}`,
    isNullable: suffix === '?',
    isId: /@id\b/.test(attributes),
  }
}
