import type { Database } from '../src/platform/db'

/** Where any of the secrets appears in a text: raw, url-encoded, in hex, or in base64 at any of its three alignments. */
export function findSecrets(text: string, secrets: readonly (string | Buffer)[]): string[] {
  const lower = text.toLowerCase()
  return secrets.flatMap((secret) =>
    disguisesOf(secret)
      .filter(({ needle, folds }) => (folds ? lower.includes(needle.toLowerCase()) : text.includes(needle)))
      .slice(0, 1)
      .map(({ kind, needle }) => `${kind} of ${String(secret).slice(0, 9)}… after ${excerpt(text, needle)}`),
  )
}

interface Disguise {
  kind: string
  needle: string
  folds: boolean
}

function disguisesOf(secret: string | Buffer): Disguise[] {
  const bytes = Buffer.from(secret)
  const plain =
    typeof secret === 'string'
      ? [
          { kind: 'raw', needle: secret },
          { kind: 'url-encoded', needle: encodeURIComponent(secret) },
        ]
      : []
  const folded = [...plain, { kind: 'hex', needle: bytes.toString('hex') }].map((one) => ({ ...one, folds: true }))
  const base64 = [0, 1, 2]
    .map((shift) => alignedBase64(bytes, shift))
    .flatMap((text) => [text, text.replaceAll('+', '-').replaceAll('/', '_')])
  return [...folded, ...base64.map((needle) => ({ kind: 'base64', needle, folds: false }))]
}

/** The characters that the secret alone decides when it begins `shift` bytes into a group of three. */
function alignedBase64(bytes: Buffer, shift: number): string {
  const text = Buffer.concat([Buffer.alloc(shift), bytes])
    .toString('base64')
    .replace(/=+$/, '')
  return text.slice(shift === 0 ? 0 : shift + 1, -1)
}

function excerpt(text: string, needle: string): string {
  const at = Math.max(0, text.toLowerCase().indexOf(needle.toLowerCase()))
  return text.slice(Math.max(0, at - 60), at).replaceAll('\n', ' ')
}

/** Every row of every table as text, past row security: the database is the test's own. */
export async function dumpDatabase({ ownerPool }: Pick<Database, 'ownerPool'>): Promise<string> {
  const tables = await ownerPool.query<{ name: string }>(
    `SELECT oid::regclass::text AS name FROM pg_class WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace`,
  )
  const dumps: string[] = []
  for (const { name } of tables.rows) {
    await ownerPool.query(`ALTER TABLE ${name} NO FORCE ROW LEVEL SECURITY`)
    const rows = await ownerPool.query<{ row: unknown }>(`SELECT to_jsonb(t) AS row FROM ${name} t`)
    dumps.push(`${name} ${JSON.stringify(rows.rows)}`)
  }
  return dumps.join('\n')
}
