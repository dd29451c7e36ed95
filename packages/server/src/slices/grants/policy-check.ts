import type { PolicyAnswer, PolicyQuestion } from '@keylease/shared/contracts/policy'
import type { Deps } from '../../deps'
import { writeAs } from '../../platform/access'
import { recordAudit } from '../../platform/audit'
import type { Actor } from '../../platform/auth'
import { AppError } from '../../platform/errors'
import { absentField, assertInReach } from '../../platform/reach'
import type { Tx } from '../../platform/tenancy'
import { readLeaseFacts } from './lease-facts'
import { evaluatePolicy } from './policy'
import type { PolicyDecision, PolicyFacts } from './policy-facts'

/** Asks the policy without leasing anything; who asked and what was answered is recorded. */
export function checkPolicy(deps: Deps, actor: Actor, agentId: string, question: PolicyQuestion): Promise<PolicyAnswer> {
  return writeAs(deps, actor, async (tx) => {
    const answer = toAnswer(evaluatePolicy(await readFacts(deps, tx, actor, agentId, question)))
    const { allowed, code, keyId, grantId } = answer
    await recordAudit(tx, deps.clock, actor, {
      action: 'agent.policy-checked',
      resource: { kind: 'agent', id: agentId },
      after: { question, allowed, code, keyId, grantId },
    })
    return answer
  })
}

async function readFacts(deps: Deps, tx: Tx, actor: Actor, agentId: string, question: PolicyQuestion): Promise<PolicyFacts> {
  const { keyId, provider = '', at, address = null, ...rest } = question
  const facts = await readLeaseFacts(tx, agentId, keyId === undefined ? { provider } : { id: keyId })
  if (!facts) throw new AppError('not_found')
  assertInReach(actor, facts.agent.teamId)
  if (keyId !== undefined && facts.keys.length === 0) throw absentField('keyId')
  const request = { ...rest, provider: question.provider, keyId, address, at: at === undefined ? deps.clock.now() : new Date(at) }
  return { ...facts, request }
}

function toAnswer(decision: PolicyDecision): PolicyAnswer {
  if (!decision.allowed) {
    const { allowed, code, sentence } = decision
    return { allowed, code, sentence, keyId: null, grantId: null, maxTtlSeconds: null, restrictions: null, candidates: [] }
  }
  const { key, grant, restrictions, maxTtlSeconds, sentence, candidates } = decision
  return {
    allowed: true,
    code: null,
    sentence,
    keyId: key.id,
    grantId: grant.id,
    maxTtlSeconds,
    restrictions: {
      ...restrictions,
      models: [...restrictions.models],
      operations: [...restrictions.operations],
      addresses: [...restrictions.addresses],
    },
    candidates: candidates.map((one) => ({ keyId: one.key.id, grantId: one.grant.id })),
  }
}
