import { mkdir, open } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Clock } from '../clock'
import type { Database } from '../db'
import type { Log } from '../log'
import type { Outbound } from '../outbound'
import { inTenantSql } from '../tenancy'
import type { Checkpoint } from './checkpoint'
import { type CheckpointRow, checkpointColumns, toCheckpoint } from './checkpoint-rows'

interface AnchorRoom {
  db: Pick<Database, 'systemPool'>
  clock: Clock
  log: Pick<Log, 'warn'>
  outbound: Pick<Outbound, 'request'>
  file: string
  url: string | undefined
}

type Mark = 'filed_at' | 'posted_at'

const pageRows = 200
const longestWaitMs = 300_000

/** Carries checkpoints to where whoever owns the database cannot change them. A place that does not answer holds up nothing. */
export function createAnchorSender(room: AnchorRoom): () => Promise<void> {
  let failures = 0
  let waitUntilMs = 0

  const post = async (url: string) => {
    if (room.clock.monotonicMs() < waitUntilMs) return
    try {
      await carry(room, 'posted_at', (anchors) => postAnchors(room.outbound, url, anchors))
      failures = 0
    } catch (error) {
      failures += 1
      waitUntilMs = room.clock.monotonicMs() + Math.min(longestWaitMs, 1_000 * 2 ** failures)
      room.log.warn({ err: error, failures }, 'audit anchors were not taken by KEYLEASE_AUDIT_ANCHOR_URL; they are sent again')
    }
  }

  return async () => {
    await carry(room, 'filed_at', (anchors) => appendAnchors(room.file, anchors))
    if (room.url === undefined) await carry(room, 'posted_at', async () => undefined)
    else await post(room.url)
  }
}

/** Delivered first, marked afterwards: a crash between repeats an anchor and loses none. */
async function carry(room: AnchorRoom, mark: Mark, deliver: (anchors: Checkpoint[]) => Promise<void>): Promise<void> {
  for (let isFull = true; isFull; ) {
    const found = await room.db.systemPool.query<CheckpointRow>(
      `SELECT ${checkpointColumns} FROM audit_checkpoint WHERE ${mark} IS NULL ORDER BY organization_id, number LIMIT $1`,
      [pageRows],
    )
    const anchors = found.rows.map(toCheckpoint)
    if (anchors.length > 0) await deliver(anchors)
    for (const [organizationId, group] of Map.groupBy(anchors, (anchor) => anchor.organizationId)) {
      await markCarried(room, mark, organizationId, group)
    }
    isFull = anchors.length === pageRows
  }
}

async function markCarried(room: AnchorRoom, mark: Mark, organizationId: string, anchors: Checkpoint[]): Promise<void> {
  await inTenantSql(room.db.systemPool, organizationId, (client) =>
    client.query(`UPDATE audit_checkpoint SET ${mark} = $1 WHERE organization_id = $2 AND number = ANY($3)`, [
      room.clock.now(),
      organizationId,
      anchors.map((anchor) => anchor.number),
    ]),
  )
}

/** On disk when this returns. A line that a crash cut off is ended first, so that it spoils no other. */
async function appendAnchors(file: string, anchors: Checkpoint[]): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 })
  const handle = await open(file, 'a+', 0o600)
  try {
    const { size } = await handle.stat()
    const last = size === 0 ? '\n' : (await handle.read(Buffer.alloc(1), 0, 1, size - 1)).buffer.toString()
    await handle.appendFile(`${last === '\n' ? '' : '\n'}${anchors.map((anchor) => `${JSON.stringify(anchor)}\n`).join('')}`)
    await handle.sync()
  } finally {
    await handle.close()
  }
}

async function postAnchors(outbound: Pick<Outbound, 'request'>, url: string, anchors: Checkpoint[]): Promise<void> {
  const body = JSON.stringify({ anchors })
  const { status } = await outbound.request(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body })
  if (status < 200 || status > 299) throw new Error(`the anchor URL answered ${status}`)
}
