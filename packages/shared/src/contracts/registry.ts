import { createAgent, deleteAgent, getAgent, getAgentImpact, listAgents, updateAgent } from './agents'
import * as attributionRules from './attribution-rules'
import { exportAudit, getAuditEntry, listAuditCheckpoints, listAuditRecords } from './audit'
import { listDeliveries, retryDelivery, testWebhook } from './deliveries'
import type { Endpoint } from './endpoint'
import { createGrant, deleteGrant, getGrant, listGrants, updateGrant } from './grants'
import * as ingest from './ingest'
import * as leaseEvents from './lease-events'
import * as leaseManagement from './lease-management'
import * as leases from './leases'
import { streamLiveEvents } from './live-events'
import { pageEndpoints, peopleEndpoints, peopleTags } from './people'
import {
  createPlatformKey,
  getPlatformKey,
  getPlatformKeyUsage,
  listPlatformKeys,
  regeneratePlatformKey,
  revokePlatformKey,
  updatePlatformKey,
} from './platform-keys'
import { checkPolicy } from './policy'
import { comparePrices } from './price-comparison'
import * as prices from './prices'
import { createProject, deleteProject, getProject, listProjects, updateProject } from './projects'
import * as providerKeys from './provider-keys'
import * as providers from './providers'
import * as rePricings from './re-pricings'
import { getSettings, updateSettings } from './settings'
import { getHome, getLive, getMetrics, getOpenapi, getReadiness, getReference } from './system'
import { createTrustRule, deleteTrustRule, getTrustRule, listTrustRules, testTrustRule, updateTrustRule } from './trust-rules'
import * as usage from './usage'
import { getUsageBreakdown } from './usage-breakdown'
import { getUsageEvent, listUsageEvents } from './usage-events'
import { exportUsage } from './usage-export'
import { getProviderKeyUsage } from './usage-of-key'
import { getUsageTimeseries } from './usage-timeseries'
import { createWebhook, deleteWebhook, getWebhook, listWebhooks, updateWebhook } from './webhooks'

/** Groups of operations, in reading order. */
export const tags = [
  {
    name: 'Projects',
    description: 'A project holds the agents of one product in one environment, and says which cost centre pays for them.',
  },
  { name: 'Agents', description: 'An agent is the identity of one program: it acts through platform keys or trust rules.' },
  { name: 'Grants', description: 'A grant says who may use or manage which provider keys, under which restrictions.' },
  { name: 'Trust rules', description: 'A trust rule says which workload identity tokens act as an agent.' },
  { name: 'Webhooks', description: 'A webhook hears of what happens, signed and at least once.' },
  {
    name: 'Platform keys',
    description: 'A platform key is a key that Keylease issues: what agents, collectors and automation show to this interface.',
  },
  { name: 'Settings', description: 'What holds for the whole organization.' },
  { name: 'Audit', description: 'What happened, as evidence: entries under signed roots, and security events beside them.' },
  { name: 'Telemetry', description: 'Where the SDK, collectors and other instrumentations report calls, over OTLP.' },
  { name: 'Attribution rules', description: 'An attribution rule says whose the calls are that a collector reports.' },
  { name: 'Usage', description: 'What was used and what it cost, from a ledger that counts each call once.' },
  { name: 'Prices', description: 'What models cost: list prices in time, and what the organization agreed instead.' },
  { name: 'Providers', description: 'An upstream API: one that the catalogue knows, or one that the organization defined.' },
  {
    name: 'Provider keys',
    description: 'A secret that a provider issued, stored encrypted and shown masked: rotated, verified, revoked and granted from here.',
  },
  {
    name: 'Leases',
    description:
      'A lease gives one agent the use of one provider key for a short time: sealed to the agent, or as a token for the gateway.',
  },
  ...peopleTags,
  { name: 'Service', description: 'Whether the service is alive and ready, what it measures, and this interface itself.' },
] as const

/** Every operation, in reading order: mounted, documented and tested from here. */
export const endpoints: readonly Endpoint[] = [
  listProjects,
  createProject,
  getProject,
  updateProject,
  deleteProject,
  listAgents,
  createAgent,
  getAgent,
  updateAgent,
  getAgentImpact,
  deleteAgent,
  checkPolicy,
  listGrants,
  createGrant,
  getGrant,
  updateGrant,
  deleteGrant,
  listTrustRules,
  createTrustRule,
  getTrustRule,
  updateTrustRule,
  testTrustRule,
  deleteTrustRule,
  listWebhooks,
  createWebhook,
  getWebhook,
  updateWebhook,
  deleteWebhook,
  testWebhook,
  listDeliveries,
  retryDelivery,
  listPlatformKeys,
  createPlatformKey,
  getPlatformKey,
  getPlatformKeyUsage,
  updatePlatformKey,
  regeneratePlatformKey,
  revokePlatformKey,
  getSettings,
  updateSettings,
  listAuditRecords,
  exportAudit,
  listAuditCheckpoints,
  getAuditEntry,
  ingest.exportTraces,
  ingest.exportLogs,
  ingest.exportMetrics,
  attributionRules.listAttributionRules,
  attributionRules.createAttributionRule,
  attributionRules.getAttributionRule,
  attributionRules.updateAttributionRule,
  attributionRules.deleteAttributionRule,
  usage.getUsageSummary,
  getUsageTimeseries,
  getUsageBreakdown,
  listUsageEvents,
  getUsageEvent,
  exportUsage,
  streamLiveEvents,
  prices.listPrices,
  comparePrices,
  prices.createPrice,
  prices.deletePrice,
  rePricings.listRePricings,
  rePricings.createRePricing,
  rePricings.getRePricing,
  rePricings.applyRePricing,
  providers.listProviders,
  providers.createProvider,
  providers.getProvider,
  providers.getProviderStatus,
  providers.updateProvider,
  providers.deleteProvider,
  providerKeys.listProviderKeys,
  providerKeys.createProviderKey,
  providerKeys.getProviderKey,
  providerKeys.updateProviderKey,
  providerKeys.deleteProviderKey,
  providerKeys.restoreProviderKey,
  providerKeys.getProviderKeyImpact,
  getProviderKeyUsage,
  providerKeys.rotateProviderKey,
  providerKeys.verifyProviderKey,
  providerKeys.listProviderKeyProbes,
  providerKeys.getProviderKeyHealth,
  providerKeys.testProviderKey,
  providerKeys.revokeProviderKey,
  providerKeys.revealProviderKey,
  leases.issueLease,
  leases.renewLease,
  leases.changeSlice,
  leases.releaseLease,
  leaseEvents.streamEvents,
  leaseEvents.acknowledgeEvents,
  leaseManagement.listLeases,
  leaseManagement.getLease,
  leaseManagement.revokeLeases,
  leaseManagement.revokeLease,
  leaseManagement.listLeaseTasks,
  ...peopleEndpoints,
  ...pageEndpoints,
  getLive,
  getReadiness,
  getMetrics,
  getOpenapi,
  getReference,
  getHome,
]
