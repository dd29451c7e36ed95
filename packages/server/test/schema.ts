import type pg from 'pg'

interface Column {
  name: string
  type: string
  isNullable: boolean
  default: string | null
}

export interface Index {
  name: string
  columns: string[]
  definition: string
  isPrimary: boolean
}

interface ForeignKey {
  name: string
  columns: string[]
  references: string
  referencedColumns: string[]
}

export interface Table {
  name: string
  isPartitioned: boolean
  partitionOf: string | null
  hasRowSecurity: boolean
  forcesRowSecurity: boolean
  columns: Column[]
  indexes: Index[]
  foreignKeys: ForeignKey[]
}

const columnsOf = (keys: string, relation: string) =>
  `(SELECT array_agg(coalesce(attname::text, '(expression)') ORDER BY ord) FROM unnest(${keys}) WITH ORDINALITY AS k(num, ord)
    LEFT JOIN pg_attribute ON attrelid = ${relation} AND attnum = num AND num <> 0)`

/** The tables of the live catalog, partitions included, as Postgres knows them. */
export async function readTables(pool: pg.Pool): Promise<Table[]> {
  const { rows } = await pool.query<Table>(`
    SELECT relname AS name, relkind = 'p' AS "isPartitioned", relrowsecurity AS "hasRowSecurity", relforcerowsecurity AS "forcesRowSecurity",
      (SELECT p.relname::text FROM pg_inherits JOIN pg_class p ON p.oid = inhparent WHERE inhrelid = t.oid) AS "partitionOf",
      (SELECT json_agg(json_build_object('name', attname, 'type', format_type(atttypid, atttypmod), 'isNullable', NOT attnotnull,
         'default', pg_get_expr(adbin, adrelid)) ORDER BY attnum)
       FROM pg_attribute LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
       WHERE attrelid = t.oid AND attnum > 0 AND NOT attisdropped) AS columns,
      (SELECT coalesce(json_agg(json_build_object('name', i.relname, 'columns', ${columnsOf('indkey::int2[]', 't.oid')},
         'definition', pg_get_indexdef(indexrelid), 'isPrimary', indisprimary) ORDER BY indisprimary DESC, i.relname), '[]')
       FROM pg_index JOIN pg_class i ON i.oid = indexrelid WHERE indrelid = t.oid) AS indexes,
      (SELECT coalesce(json_agg(json_build_object('name', conname, 'columns', ${columnsOf('conkey', 'conrelid')},
         'references', (SELECT relname FROM pg_class WHERE oid = confrelid), 'referencedColumns', ${columnsOf('confkey', 'confrelid')}) ORDER BY conname), '[]')
       FROM pg_constraint WHERE conrelid = t.oid AND contype = 'f') AS "foreignKeys"
    FROM pg_class t WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') ORDER BY relname`)
  return rows
}
