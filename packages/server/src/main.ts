import { createApp } from './app'
import { buildDeps, type Deps } from './deps'
import type { Env } from './env'
import { scheduleEvidence } from './platform/audit/schedule'
import { saveBootstrapToken } from './platform/bootstrap'
import type { DatabaseUrls } from './platform/db'
import { scheduleHousekeeping } from './platform/housekeeping'
import { openHttpServer } from './platform/http-server'
import { createJobs } from './platform/jobs'
import type { Log } from './platform/log'
import { ensurePartitions } from './platform/postgres/partitions'
import { startTelemetry } from './platform/telemetry'
import { scheduleLeaseUpkeep } from './slices/leases/upkeep'
import { ensureFirstOrganization } from './slices/organizations/service'
import { createFirstOwnerPath } from './slices/people/service'
import { importBundledPrices } from './slices/prices/price-import'
import { schedulePriceRefresh } from './slices/prices/refresh'
import { scheduleHealthChecks } from './slices/provider-keys/health/checker'
import { scheduleKeyNotices } from './slices/provider-keys/health/notices'
import { scheduleKeyUpkeep } from './slices/provider-keys/upkeep'
import { scheduleRePricing } from './slices/usage/re-pricing/work'
import { scheduleLedgerUpkeep } from './slices/usage/upkeep'
import { scheduleDeliveries } from './slices/webhooks/deliveries/sender'
import { version } from './version'

export interface RunningService {
  url: string
  /** Why the service is sealed and what to do; null when it serves. */
  sealedReason: string | null
  /** The path of the link that makes the first Owner; null once there is one. */
  ownerPath: string | null
  stop(): Promise<void>
}

type Close = () => Promise<unknown>

const drainMs = 25_000

/** From a migrated database to a listening service. What was opened before a failure is closed again. */
export async function startService(env: Env, urls: DatabaseUrls, log: Log): Promise<RunningService> {
  const opened: Close[] = []
  const stop = () => closeAll(opened, log)
  try {
    const telemetry = await startTelemetry(env.otlpEndpoint, version)
    opened.push(() => telemetry.stop())
    const deps = await buildDeps(env, urls, log)
    opened.push(() => deps.db.close())
    opened.push(() => deps.outbound.close())
    opened.push(() => deps.intake.decoder.close())
    await ensurePartitions(deps.db.ownerPool, deps.clock.now())
    const ownerPath = deps.keyring.sealedReason() === null ? await startWork(deps, urls, opened) : null
    const server = await openHttpServer(env, createApp(deps).fetch)
    opened.push(async () => {
      deps.lifecycle.drain()
      await server.close(drainMs)
    })
    deps.outbound.refusePort(Number(new URL(server.url).port))
    log.info({ url: server.url, sealed: deps.keyring.sealedReason() !== null }, 'listening')
    return { url: server.url, sealedReason: deps.keyring.sealedReason(), ownerPath, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

/** What only an unsealed service does: it has its first tenant, its credential and its background work. */
async function startWork(deps: Deps, urls: DatabaseUrls, opened: Close[]): Promise<string | null> {
  const organizationId = await ensureFirstOrganization(deps)
  await saveBootstrapToken(deps.db, deps.keyring, organizationId, deps.env.bootstrapToken)
  await deps.events.start()
  opened.push(() => deps.events.stop())
  void deps.live.start()
  opened.push(() => deps.live.stop())
  opened.push(() => deps.usageBatches.drain())
  await deps.databaseTime.start()
  opened.push(async () => deps.databaseTime.stop())
  await deps.revocations.load()
  deps.leaseUse.start()
  opened.push(() => deps.leaseUse.stop())
  await deps.replicas.start()
  opened.push(() => deps.replicas.stop())
  deps.keyUsage.start()
  opened.push(() => deps.keyUsage.stop())
  deps.workloads.usage.start()
  opened.push(() => deps.workloads.usage.stop())
  deps.traffic.start()
  opened.push(() => deps.traffic.stop())
  deps.security.start()
  opened.push(() => deps.security.stop())
  await importBundledPrices(deps)
  opened.push(() => deps.prices.stop())
  const jobs = createJobs(deps.db, urls.owner, deps.log, deps.clock)
  scheduleHousekeeping(jobs, deps.db, deps.clock)
  scheduleKeyUpkeep(jobs, deps)
  scheduleLeaseUpkeep(jobs, deps)
  scheduleRePricing(jobs, deps)
  scheduleLedgerUpkeep(jobs, deps)
  scheduleKeyNotices(jobs, deps)
  const checker = scheduleHealthChecks(jobs, deps)
  opened.push(() => checker.drain())
  opened.push(scheduleEvidence(jobs, deps, urls.system))
  schedulePriceRefresh(jobs, deps)
  const sender = scheduleDeliveries(jobs, deps)
  opened.push(() => sender.drain())
  await jobs.start()
  opened.push(() => jobs.stop())
  return createFirstOwnerPath(deps)
}

/** Last opened, first closed; one that fails does not keep the others open. */
async function closeAll(opened: Close[], log: Log): Promise<void> {
  for (const close of opened.splice(0).reverse()) {
    await close().catch((error: unknown) => log.error({ err: error }, 'something did not close cleanly'))
  }
}
