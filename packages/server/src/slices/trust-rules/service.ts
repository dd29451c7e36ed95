import type {
  CreateTrustRule,
  ListTrustRules,
  TokenClaims,
  TrustRule,
  TrustRulePage,
  TrustVerdict,
  UpdateTrustRule,
} from '@keylease/shared/contracts/trust-rules'
import { newId } from '@keylease/shared/ids'
import type { Deps } from '../../deps'
import { readAs, writeAs } from '../../platform/access'
import { recordAudit } from '../../platform/audit'
import type { Actor } from '../../platform/auth'
import { AppError } from '../../platform/errors'
import { recordChange } from '../../platform/events'
import { matchesTrustRule } from '../../platform/federation/matching'
import { findBreadth } from '../../platform/federation/subject-pattern'
import { trustRuleChanged } from '../../platform/federation/trust-rule-cache'
import { countLimit, readCursor, toPage } from '../../platform/page'
import { presentFields } from '../../platform/patch'
import { reachOf } from '../../platform/reach'
import type { Tx } from '../../platform/tenancy'
import { requireAgent } from '../agents/service'
import { toRecord, toTrustRule } from './mapping'
import {
  countTrustRuleRows,
  findTrustRule,
  insertTrustRule,
  listTrustRuleRows,
  lockTrustRule,
  type TrustRuleRow,
  updateTrustRuleRow,
} from './queries'

export function listTrustRulePage(deps: Deps, actor: Actor, query: ListTrustRules): Promise<TrustRulePage> {
  const enabled = query.enabled === undefined ? undefined : query.enabled === 'true'
  const filter = { search: query.search, agentId: query.agentId, enabled, reach: reachOf(actor) }
  const after = readCursor('trustRule', query.cursor)
  return readAs(deps, actor, async (tx) => {
    const rows = await listTrustRuleRows(tx, filter, { after, take: query.limit + 1 })
    const total = await countTrustRuleRows(tx, filter, countLimit)
    const audience = deps.workloads.audienceOf(actor.organizationId)
    return toPage(
      rows.map((row) => toTrustRule(row, audience)),
      query.limit,
      total,
    )
  })
}

export function getTrustRule(deps: Deps, actor: Actor, id: string): Promise<TrustRule> {
  return readAs(deps, actor, async (tx) => present(deps, actor, await findTrustRule(tx, id, reachOf(actor))))
}

export function createTrustRule(deps: Deps, actor: Actor, input: CreateTrustRule): Promise<TrustRule> {
  return changeRules(deps, actor, async (tx) => {
    await requireAgent(tx, actor, input.agentId)
    refuseUnsafe(deps, input)
    const now = deps.clock.now()
    const values = { organizationId: actor.organizationId, id: newId('trustRule'), createdBy: actor.id, createdAt: now, updatedAt: now }
    const after = present(deps, actor, await insertTrustRule(tx, { ...input, ...values }))
    await announce(tx, actor, after)
    await recordAudit(tx, deps.clock, actor, { action: 'trust-rule.created', resource: resourceOf(after.id), after: toRecord(after) })
    return after
  })
}

export function updateTrustRule(deps: Deps, actor: Actor, id: string, change: UpdateTrustRule): Promise<TrustRule> {
  return changeRules(deps, actor, async (tx) => {
    const before = present(deps, actor, await lockTrustRule(tx, id, reachOf(actor)))
    refuseUnsafe(deps, { ...before, ...presentFields(change) })
    const data = { ...presentFields(change), updatedAt: deps.clock.now() }
    const after = present(deps, actor, await updateTrustRuleRow(tx, actor.organizationId, id, data))
    await announce(tx, actor, after)
    const values = { before: toRecord(before), after: toRecord(after) }
    await recordAudit(tx, deps.clock, actor, { action: 'trust-rule.updated', resource: resourceOf(id), ...values })
    return after
  })
}

export function deleteTrustRule(deps: Deps, actor: Actor, id: string): Promise<void> {
  return changeRules(deps, actor, async (tx) => {
    const before = present(deps, actor, await lockTrustRule(tx, id, reachOf(actor)))
    await updateTrustRuleRow(tx, actor.organizationId, id, { deletedAt: deps.clock.now() })
    await announce(tx, actor, before)
    await recordAudit(tx, deps.clock, actor, { action: 'trust-rule.deleted', resource: resourceOf(id), before: toRecord(before) })
  })
}

/** What a service decided, its own process knows when it answers. */
async function changeRules<T>(deps: Deps, actor: Actor, write: (tx: Tx) => Promise<T>): Promise<T> {
  const answer = await writeAs(deps, actor, write)
  deps.workloads.forgetRules(actor.organizationId)
  return answer
}

/** The claims of somebody's token are not kept: the entry says that it was asked, and the answer. */
export function testTrustRule(deps: Deps, actor: Actor, id: string, { claims }: TokenClaims): Promise<TrustVerdict> {
  return writeAs(deps, actor, async (tx) => {
    const rule = present(deps, actor, await findTrustRule(tx, id, reachOf(actor)))
    const verdict = matchesTrustRule(rule, claims)
    const after = { matches: verdict.matches }
    await recordAudit(tx, deps.clock, actor, { action: 'trust-rule.tested', resource: resourceOf(id), after })
    return verdict
  })
}

/** The service will fetch the keys of the issuer, and whoever fits the pattern will act as the agent. */
function refuseUnsafe(deps: Deps, { issuer, subjectPattern }: Pick<TrustRule, 'issuer' | 'subjectPattern'>): void {
  if (deps.outbound.check(issuer).search) {
    throw new AppError('url_not_allowed', {
      message: 'This URL is not allowed: an issuer has no query. Leave out what follows the question mark.',
    })
  }
  const breadth = findBreadth(issuer, subjectPattern)
  if (breadth !== null)
    throw new AppError('invalid_request', { message: `The request is not valid: subjectPattern is too broad: ${breadth}.` })
}

function announce(tx: Tx, actor: Actor, { id, agentId }: TrustRule): Promise<void> {
  return recordChange(tx, { organizationId: actor.organizationId, kind: trustRuleChanged, payload: { trustRuleId: id, agentId } })
}

function present(deps: Deps, actor: Actor, row: TrustRuleRow | null): TrustRule {
  if (!row) throw new AppError('not_found')
  return toTrustRule(row, deps.workloads.audienceOf(actor.organizationId))
}

const resourceOf = (id: string) => ({ kind: 'trust-rule', id })
