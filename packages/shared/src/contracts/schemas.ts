import type { z } from 'zod'
import { Agent, AgentImpact, AgentPage, CreateAgent, UpdateAgent } from './agents'
import { AttributionRule, AttributionRulePage, CreateAttributionRule, UpdateAttributionRule } from './attribution-rules'
import { AuditCheckpoint, AuditCheckpointPage, AuditPage, AuditRecord, ProvenAuditRecord } from './audit'
import { Delivery, DeliveryPage } from './deliveries'
import { CreateGrant, Grant, GrantPage, UpdateGrant } from './grants'
import * as ingest from './ingest'
import * as leaseBodies from './lease-bodies'
import * as leaseEvents from './lease-events'
import { peopleRequestSchemas, peopleResponseSchemas } from './people'
import {
  CreatePlatformKey,
  IssuedPlatformKey,
  PlatformKey,
  PlatformKeyPage,
  PlatformKeyUsage,
  RegeneratePlatformKey,
  UpdatePlatformKey,
} from './platform-keys'
import { PolicyAnswer, PolicyQuestion } from './policy'
import { PriceComparison } from './price-comparison'
import * as prices from './prices'
import { CreateProject, Project, ProjectPage, UpdateProject } from './projects'
import * as providerBodies from './provider-bodies'
import * as providerKeyBodies from './provider-key-bodies'
import * as providerKeyHealth from './provider-key-health'
import * as rePricings from './re-pricings'
import { Settings, UpdateSettings } from './settings'
import { Live, Readiness } from './system'
import { CreateTrustRule, TokenClaims, TrustRule, TrustRulePage, TrustVerdict, UpdateTrustRule } from './trust-rules'
import * as usage from './usage'
import { UsageBreakdown, UsageBreakdownRow } from './usage-breakdown'
import { UsageEvent, UsageEventDetail, UsageEventPage } from './usage-events'
import { ProviderKeyUsage } from './usage-of-key'
import { UsageTimeseries } from './usage-timeseries'
import { ErrorBody } from './values'
import { CreatedWebhook, CreateWebhook, UpdateWebhook, Webhook, WebhookPage } from './webhooks'

/** Schemas of bodies by their name in the OpenAPI document. */
export const requestSchemas: Readonly<Record<string, z.ZodType>> = {
  ...peopleRequestSchemas,
  CreateProject,
  UpdateProject,
  CreateAgent,
  UpdateAgent,
  CreateGrant,
  UpdateGrant,
  PolicyQuestion,
  CreateTrustRule,
  UpdateTrustRule,
  TokenClaims,
  CreateAttributionRule,
  UpdateAttributionRule,
  CreateWebhook,
  UpdateWebhook,
  CreatePlatformKey,
  UpdatePlatformKey,
  RegeneratePlatformKey,
  UpdateSettings,
  CreatePrice: prices.CreatePrice,
  CreateRePricing: rePricings.CreateRePricing,
  ExportTraces: ingest.ExportTraces,
  ExportLogs: ingest.ExportLogs,
  ExportMetrics: ingest.ExportMetrics,
  CreateProvider: providerBodies.CreateProvider,
  UpdateProvider: providerBodies.UpdateProvider,
  CreateProviderKey: providerKeyBodies.CreateProviderKey,
  UpdateProviderKey: providerKeyBodies.UpdateProviderKey,
  RotateProviderKey: providerKeyBodies.RotateProviderKey,
  RevokeProviderKey: providerKeyBodies.RevokeProviderKey,
  IssueLease: leaseBodies.IssueLease,
  RenewLease: leaseBodies.RenewLease,
  ChangeSlice: leaseBodies.ChangeSlice,
  ReleaseLease: leaseBodies.ReleaseLease,
  AcknowledgeEvents: leaseEvents.AcknowledgeEvents,
  RevokeLeases: leaseBodies.RevokeLeases,
  RevokeLease: leaseBodies.RevokeLease,
  TestProviderKey: providerKeyHealth.TestProviderKey,
}

/** Schemas of answers by their name in the OpenAPI document. */
export const responseSchemas: Readonly<Record<string, z.ZodType>> = {
  ...peopleResponseSchemas,
  Project,
  ProjectPage,
  Agent,
  AgentPage,
  AgentImpact,
  Grant,
  GrantPage,
  PolicyAnswer,
  TrustRule,
  TrustRulePage,
  TrustVerdict,
  AttributionRule,
  AttributionRulePage,
  Webhook,
  CreatedWebhook,
  WebhookPage,
  Delivery,
  DeliveryPage,
  PlatformKey,
  PlatformKeyPage,
  IssuedPlatformKey,
  PlatformKeyUsage,
  Settings,
  AuditRecord,
  AuditPage,
  AuditCheckpoint,
  AuditCheckpointPage,
  ProvenAuditRecord,
  ExportTracesAnswer: ingest.ExportTracesAnswer,
  ExportLogsAnswer: ingest.ExportLogsAnswer,
  ExportMetricsAnswer: ingest.ExportMetricsAnswer,
  UsageSummary: usage.UsageSummary,
  UsageTimeseries,
  UsageBreakdown,
  UsageBreakdownRow,
  UsageEvent,
  UsageEventPage,
  UsageEventDetail,
  ProviderKeyUsage,
  RePricing: rePricings.RePricing,
  RePricingPage: rePricings.RePricingPage,
  Price: prices.Price,
  PricePage: prices.PricePage,
  PriceComparison,
  Provider: providerBodies.Provider,
  ProviderPage: providerBodies.ProviderPage,
  ProviderStatus: providerBodies.ProviderStatus,
  ProviderKey: providerKeyBodies.ProviderKey,
  ProviderKeyPage: providerKeyBodies.ProviderKeyPage,
  ProviderKeyDetail: providerKeyBodies.ProviderKeyDetail,
  StoredProviderKey: providerKeyBodies.StoredProviderKey,
  ProviderKeyImpact: providerKeyBodies.ProviderKeyImpact,
  KeyRotation: providerKeyBodies.KeyRotation,
  Probe: providerKeyBodies.Probe,
  ProbePage: providerKeyBodies.ProbePage,
  KeyRevocation: providerKeyBodies.KeyRevocation,
  ProviderKeyHealth: providerKeyHealth.ProviderKeyHealth,
  KeyTest: providerKeyHealth.KeyTest,
  RevealedKey: providerKeyBodies.RevealedKey,
  IssuedLease: leaseBodies.IssuedLease,
  RenewedLease: leaseBodies.RenewedLease,
  ChangedSlice: leaseBodies.ChangedSlice,
  AcknowledgedEvents: leaseEvents.AcknowledgedEvents,
  Lease: leaseBodies.Lease,
  LeasePage: leaseBodies.LeasePage,
  RevokedLeases: leaseBodies.RevokedLeases,
  LeaseTaskPage: leaseBodies.LeaseTaskPage,
  Live,
  Readiness,
  ErrorBody,
}
