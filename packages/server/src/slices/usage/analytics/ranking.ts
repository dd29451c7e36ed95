import type pg from 'pg'
import type { Plan } from './plan'
import type { Ranked, Ranking } from './ranked-group'
import { rankRows } from './ranking-by-rows'
import { rankSheets } from './ranking-by-sheets'

/** Which groups come next in an order; the rest always last. All groups of a dimension are laid out day by day, those that meet a condition are not. */
export async function rankGroups(client: pg.ClientBase, plan: Plan, ranking: Ranking): Promise<Ranked> {
  if (plan.segments.length === 0) return { groups: [], total: 0 }
  const { rollups, question } = plan
  return rollups && question.conditions.length === 0 ? rankSheets(client, { ...plan, rollups }, ranking) : rankRows(client, plan, ranking)
}
