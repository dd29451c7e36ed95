import type pg from 'pg'

export async function insertOrganization(client: pg.ClientBase, id: string, name: string): Promise<void> {
  await client.query('INSERT INTO organization (id, name) VALUES ($1, $2)', [id, name])
}

export async function findFirstOrganization(pool: pg.Pool): Promise<string | null> {
  const found = await pool.query<{ id: string }>('SELECT id FROM organization ORDER BY id LIMIT 1')
  return found.rows[0]?.id ?? null
}

export async function findOrganizationName(client: pg.ClientBase, id: string): Promise<string | null> {
  const found = await client.query<{ name: string }>('SELECT name FROM organization WHERE id = $1', [id])
  return found.rows[0]?.name ?? null
}
