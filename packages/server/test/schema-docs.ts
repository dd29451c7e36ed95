import { readMigrations } from '../src/platform/postgres/migrations'
import { globalIndexes, globalLookups, tableClasses } from '../src/platform/tenancy'
import type { Index, Table } from './schema'

const classes: Record<string, string> = tableClasses

const classMeanings = {
  tenant: 'row security enabled and forced; a transaction sees the rows of one organization',
  membership: "the rows of the request's organization or of its user",
  person: '`keylease_auth` alone',
  global: 'no tenant; rights by role',
}

// The migrator makes these two itself, before the first migration.
const migratorComments: [string, string][] = [
  ['_prisma_migrations', 'Which migrations are applied, as `prisma migrate deploy` keeps it.'],
  ['keylease_release', 'The release of each applied migration: an older version starts with a database that is one release ahead.'],
]

/** The comment lines right above each CREATE TABLE and CREATE INDEX of the migrations, by the name of what is made. */
export async function readComments(): Promise<Map<string, string>> {
  const comments = new Map(migratorComments)
  for (const { sql } of await readMigrations()) {
    const statement = /((?:^--[^\n]*\n)+)CREATE (?:TABLE|(?:UNIQUE )?INDEX)(?: IF NOT EXISTS)? "?(\w+)"?/gm
    for (const [, lines = '', name = ''] of sql.matchAll(statement))
      comments.set(name, lines.replace(/^-- ?/gm, '').trim().replaceAll('\n', ' '))
  }
  return comments
}

/** docs/database-schema.md: the diagram and a section for each table. Partitions are named by time and left out. */
export function renderSchema(tables: Table[], comments: Map<string, string>): string {
  const parents = tables.filter((table) => table.partitionOf === null)
  return [
    '# Database schema',
    'Generated from the live catalog and the comments of `packages/server/prisma/migrations`; `pnpm schema:docs` writes it anew and a test fails when it is stale.',
    renderClasses(),
    '## Diagram',
    renderDiagram(parents),
    '## Tables',
    ...parents.map((table) => renderTable(table, comments)),
    '',
  ]
    .join('\n\n')
    .replace(/\n+$/, '\n')
}

function renderClasses(): string {
  const used = Object.entries(classMeanings).filter(([name]) => Object.values(classes).includes(name))
  return [
    '## Classes',
    '',
    ...used.map(([name, meaning]) => `- **${name}**: ${meaning}`),
    '',
    'Beyond the tenant of a transaction, these policies see and no other:',
    '',
    ...globalLookups.map(({ table, policy, role, reason }) => `- \`${role}\` on \`${table}\` (policy \`${policy}\`): ${reason}`),
  ].join('\n')
}

function renderDiagram(tables: Table[]): string {
  const entities = tables.flatMap((table) => {
    const key = new Set(primaryKeyOf(table))
    const foreign = new Set(table.foreignKeys.flatMap((each) => each.columns))
    const marks = (name: string) => [key.has(name) ? 'PK' : '', foreign.has(name) ? 'FK' : ''].filter(Boolean).join(', ')
    const columns = table.columns.map((column) =>
      `    ${shortType(column.type).replace(/\W.*$/, '')} ${column.name} ${marks(column.name)}`.trimEnd(),
    )
    return [`  ${table.name} {`, ...columns, '  }']
  })
  const relations = tables.flatMap((table) =>
    table.foreignKeys.map((key) => `  ${key.references} ||--o{ ${table.name} : "${key.columns.join(', ')}"`),
  )
  return ['```mermaid', 'erDiagram', ...relations, ...entities, '```'].join('\n')
}

function renderTable(table: Table, comments: Map<string, string>): string {
  const key = new Set(primaryKeyOf(table))
  const partitions = table.isPartitioned
    ? ' Partitioned by time; partitions are made by the owner, and no other role has a right on one.'
    : ''
  return [
    `### ${table.name}`,
    '',
    `**${classes[table.name] ?? 'without a class'}.** ${reasonOf(table.name, comments)}${partitions}`,
    '',
    '| column | type | null | default |',
    '|---|---|---|---|',
    ...table.columns.map(
      (column) =>
        `| ${key.has(column.name) ? `**${column.name}**` : column.name} | ${shortType(column.type)} | ${column.isNullable ? 'yes' : ''} | ${column.default ? `\`${column.default}\`` : ''} |`,
    ),
    '',
    ...table.indexes.map((index) => renderIndex(index, comments)),
    ...table.foreignKeys.map((each) => `- (${each.columns.join(', ')}) → \`${each.references}\` (${each.referencedColumns.join(', ')})`),
  ].join('\n')
}

function renderIndex(index: Index, comments: Map<string, string>): string {
  const shape = index.definition.replace(/^.* USING btree /, '')
  if (index.isPrimary) return `- primary key ${shape}`
  const exception = globalIndexes.find((each) => each.index === index.name)
  return `- \`${index.name}\` ${shape}: ${reasonOf(index.name, comments)}${exception ? ` Not led by the tenant: ${exception.reason}.` : ''}`
}

/** A table or index without its reason above it does not pass. */
function reasonOf(name: string, comments: Map<string, string>): string {
  const comment = comments.get(name)
  if (!comment) throw new Error(`${name} has no comment above it in its migration: say there what it is for`)
  return comment
}

const primaryKeyOf = (table: Table) => table.indexes.find((index) => index.isPrimary)?.columns ?? []

const shortType = (type: string) =>
  type.replace(/^timestamp(\(\d\))? with time zone$/, 'timestamptz$1').replace('character varying', 'varchar')
