import type {
  Assignment,
  AttributionRule,
  AttributionRulePage,
  CreateAttributionRule,
  ListAttributionRules,
  UpdateAttributionRule,
} from '@keylease/shared/contracts/attribution-rules'
import { newId } from '@keylease/shared/ids'
import type { Deps } from '../../deps'
import { readAs, writeAs } from '../../platform/access'
import { recordAudit } from '../../platform/audit'
import type { Actor } from '../../platform/auth'
import { AppError } from '../../platform/errors'
import { recordChange } from '../../platform/events'
import { readKeyCursor, toKeyPage } from '../../platform/page'
import { presentFields } from '../../platform/patch'
import { absentField } from '../../platform/reach'
import type { Tx } from '../../platform/tenancy'
import { requireAgent } from '../agents/service'
import { toAttributionRule, toTargetColumns } from './mapping'
import {
  type AttributionRuleRow,
  countAttributionRuleRows,
  findAttributionRule,
  holdTarget,
  insertAttributionRule,
  listAttributionRuleRows,
  lockAttributionRule,
  lockAttributionRules,
  removeAttributionRule,
  updateAttributionRuleRow,
} from './queries'
import { attributionChanged, mostRules } from './rule-cache'

export { attributeCalls } from './attribute-calls'

const cursorShape = /^(\d{1,7}) (attr_[0-9a-z]{26})$/

export function listAttributionRulePage(deps: Deps, actor: Actor, query: ListAttributionRules): Promise<AttributionRulePage> {
  const [position, id] = readKeyCursor(cursorShape, query.cursor) ?? []
  const after = position === undefined || id === undefined ? null : { position: Number(position), id }
  return readAs(deps, actor, async (tx) => {
    const rows = await listAttributionRuleRows(tx, { attribute: query.attribute }, { after, take: query.limit + 1 })
    const total = await countAttributionRuleRows(tx, { attribute: query.attribute })
    return toKeyPage(rows.map(toAttributionRule), query.limit, total, (rule) => `${rule.position} ${rule.id}`)
  })
}

export function getAttributionRule(deps: Deps, actor: Actor, id: string): Promise<AttributionRule> {
  return readAs(deps, actor, async (tx) => present(await findAttributionRule(tx, id)))
}

export function createAttributionRule(deps: Deps, actor: Actor, { assign, ...input }: CreateAttributionRule): Promise<AttributionRule> {
  return changeRules(deps, actor, async (tx) => {
    await lockAttributionRules(tx, actor.organizationId)
    if ((await countAttributionRuleRows(tx, { attribute: undefined })) >= mostRules) throw new AppError('too_many_rules')
    await requireTarget(tx, actor, assign)
    const now = deps.clock.now()
    const own = { organizationId: actor.organizationId, id: newId('attributionRule'), createdBy: actor.id, createdAt: now, updatedAt: now }
    const after = present(await insertAttributionRule(tx, { ...input, ...toTargetColumns(assign), ...own }))
    await recordAudit(tx, deps.clock, actor, { action: 'attribution-rule.created', resource: resourceOf(after.id), after })
    return after
  })
}

export function updateAttributionRule(
  deps: Deps,
  actor: Actor,
  id: string,
  { assign, ...change }: UpdateAttributionRule,
): Promise<AttributionRule> {
  return changeRules(deps, actor, async (tx) => {
    const before = present(await lockAttributionRule(tx, id))
    if (assign) await requireTarget(tx, actor, assign)
    const data = { ...presentFields(change), ...(assign && toTargetColumns(assign)), updatedAt: deps.clock.now() }
    const after = present(await updateAttributionRuleRow(tx, actor.organizationId, id, data))
    await recordAudit(tx, deps.clock, actor, { action: 'attribution-rule.updated', resource: resourceOf(id), before, after })
    return after
  })
}

export function deleteAttributionRule(deps: Deps, actor: Actor, id: string): Promise<void> {
  return changeRules(deps, actor, async (tx) => {
    const before = present(await lockAttributionRule(tx, id))
    await removeAttributionRule(tx, id)
    await recordAudit(tx, deps.clock, actor, { action: 'attribution-rule.deleted', resource: resourceOf(id), before })
  })
}

/** What a service decided, its own process knows when it answers. */
async function changeRules<T>(deps: Deps, actor: Actor, write: (tx: Tx) => Promise<T>): Promise<T> {
  const { organizationId } = actor
  const answer = await writeAs(deps, actor, async (tx) => {
    const written = await write(tx)
    await recordChange(tx, { organizationId, kind: attributionChanged })
    return written
  })
  deps.attribution.forget(organizationId)
  return answer
}

async function requireTarget(tx: Tx, actor: Actor, assign: Assignment): Promise<void> {
  if ('from' in assign) return
  if ('agentId' in assign) await requireAgent(tx, actor, assign.agentId, 'assign.agentId')
  else if ('projectId' in assign) await requireHeld(tx, 'project', assign.projectId)
  else if ('teamId' in assign) await requireHeld(tx, 'team', assign.teamId)
  else await requireHeld(tx, 'member', assign.memberId)
}

async function requireHeld(tx: Tx, kind: 'project' | 'team' | 'member', id: string): Promise<void> {
  if (!(await holdTarget(tx, kind, id))) throw absentField(`assign.${kind}Id`)
}

function present(row: AttributionRuleRow | null): AttributionRule {
  if (!row) throw new AppError('not_found')
  return toAttributionRule(row)
}

const resourceOf = (id: string) => ({ kind: 'attribution-rule', id })
