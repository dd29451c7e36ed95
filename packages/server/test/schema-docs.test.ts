import { join } from 'node:path'
import { expect, test } from 'vitest'
import { createTestDatabase } from './database'
import { readTables } from './schema'
import { readComments, renderSchema } from './schema-docs'

test('docs/database-schema.md is what the migrations make; `pnpm schema:docs` writes it anew', async () => {
  const database = await createTestDatabase()
  const tables = await readTables(database.db.ownerPool)
  await database.close()
  const file = join(import.meta.dirname, '..', '..', '..', 'docs', 'database-schema.md')
  await expect(renderSchema(tables, await readComments())).toMatchFileSnapshot(file)
})
