import type { Env } from '../../env'
import type { Authenticator } from '../auth'
import type { Clock } from '../clock'
import type { Database } from '../db'
import type { Events } from '../events'
import type { Log } from '../log'
import type { Outbound } from '../outbound'
import { createAudiences } from './audience'
import { createIssuerKeys } from './issuer-keys'
import { createTrustRuleCache } from './trust-rule-cache'
import { findTrustRules } from './trust-rule-rows'
import { createTrustRuleUsage, type TrustRuleUsage } from './trust-rule-usage'
import { createWorkloadAuthenticator } from './workload-auth'

/** Agents that show an identity token of their own platform in place of a platform key. */
export interface Workloads {
  authenticator: Authenticator
  usage: TrustRuleUsage
  /** What a token for this organization holds as its aud. */
  audienceOf(organizationId: string): string
  /** The trust rules of the organization were changed by this process. */
  forgetRules(organizationId: string): void
}

interface Room {
  env: Env
  db: Pick<Database, 'appPool' | 'systemPool'>
  events: Pick<Events, 'on' | 'lagMs'>
  outbound: Pick<Outbound, 'request'>
  clock: Clock
  log: Log
}

export function createWorkloads(room: Room): Workloads {
  const audiences = createAudiences(room.env)
  const rules = createTrustRuleCache(room, (organizationId) => findTrustRules(room.db, organizationId))
  return {
    authenticator: createWorkloadAuthenticator({ audiences, rules, issuers: createIssuerKeys(room), clock: room.clock }),
    usage: createTrustRuleUsage(room.db, room.clock, room.log),
    audienceOf: audiences.nameOf,
    forgetRules: rules.forget,
  }
}
