import type { Superuser } from './service'

/** A database that has run for a while writes over its old log: so do all that are measured, from a checkpoint on. */
export async function fillLog(postgres: Superuser): Promise<void> {
  await postgres.query('CREATE TABLE bench_log (text text)')
  await postgres.query('INSERT INTO bench_log SELECT repeat(md5(n::text), 30) FROM generate_series(1, 600000) AS n')
  await postgres.query('DROP TABLE bench_log')
  await postgres.query('CHECKPOINT')
}
