import type pg from 'pg'
import type { Deps } from '../../../deps'
import { inTenantSql } from '../../../platform/tenancy'
import type { Dimension } from '../rollups/dimensions'
import { lockRollups } from '../rollups/rollup-rows'
import { layOutGroups } from './sheet'
import {
  findUnlaidDay,
  insertSheet,
  listUnlaidDimensions,
  listUnlaidOrganizations,
  markAllLaidOut,
  markLaidOut,
  readDayGroups,
  readSheetsOfDay,
} from './sheet-rows'

type Room = Pick<Deps, 'db' | 'clock'>

/** Fewer groups are read from their rows as soon. */
const fewestGroups = 200
/** How many days of an organization one turn lays out: it ends soon where the process ends. */
const daysPerTurn = 50

/** Lays out days that are over, where they name many values. How many days there were. */
export async function layOutDays({ db, clock }: Room, fewest = fewestGroups): Promise<number> {
  const now = clock.now()
  let days = 0
  for (const organizationId of await listUnlaidOrganizations(db.systemPool, now)) {
    const layOutNext = () => inTenantSql(db.systemPool, organizationId, (client) => layOutDay(client, organizationId, now, fewest))
    for (let turn = 0; turn < daysPerTurn && (await layOutNext()); turn++) days++
  }
  return days
}

/** One day at a time, and nobody changes its sums meanwhile: calls that arrive wait for as long as reading a few thousand rows takes. */
async function layOutDay(client: pg.ClientBase, organizationId: string, now: Date, fewest: number): Promise<boolean> {
  await lockRollups(client, organizationId)
  const day = await findUnlaidDay(client, organizationId, now)
  if (day === null) {
    await markAllLaidOut(client, organizationId, now)
    return false
  }
  for (const dimension of await listUnlaidDimensions(client, organizationId, day, fewest)) {
    const sheet = layOutGroups(await readDayGroups(client, organizationId, day, dimension))
    if (sheet) await insertSheet(client, organizationId, day, dimension, sheet)
  }
  await markLaidOut(client, organizationId, day)
  return true
}

/** Dimensions of which a day was laid out otherwise than its sums are. */
export async function findWrongSheets(client: pg.ClientBase, organizationId: string, day: Date): Promise<Dimension[]> {
  const wrong: Dimension[] = []
  for (const [dimension, sheet] of await readSheetsOfDay(client, organizationId, day)) {
    const expected = layOutGroups(await readDayGroups(client, organizationId, day, dimension))
    if (JSON.stringify(sheet) !== JSON.stringify(expected)) wrong.push(dimension)
  }
  return wrong
}
