import { z } from 'zod'
import { usageQualities } from '../metering/reading'
import { usageClasses } from '../pricing/vector'
import { errorClasses } from '../providers/errors'
import { Help, keyHealths } from './provider-key-bodies'
import { Id, Timestamp } from './values'

const Milliseconds = z.number().min(0).max(600_000)

const ProbePeriod = z.object({
  probes: z.number().int().min(0).max(1_000_000),
  successRatio: z.number().min(0).max(1).nullable().describe('How many of them the provider accepted; null without any.'),
  latencyMs: z.object({ p50: Milliseconds, p95: Milliseconds }).nullable(),
})

export const ProviderKeyHealth = z.object({
  keyId: Id('providerKey'),
  health: z.enum(keyHealths),
  checkedAt: Timestamp.nullable().describe('When that was proven.'),
  isConfirming: z.boolean().describe('The provider refused the key at the last check; a second one comes soon, before it counts.'),
  lastProbeAt: Timestamp.nullable(),
  nextProbeAt: Timestamp.nullable().describe('Null while the key is not checked: not active, without a probe, or checks are off.'),
  history: z.object({ '24h': ProbePeriod, '7d': ProbePeriod, '30d': ProbePeriod }),
})
export type ProviderKeyHealth = z.infer<typeof ProviderKeyHealth>

export const TestProviderKey = z.strictObject({
  model: z
    .string()
    .regex(/^[\w.:/@-]{1,200}$/, 'must be the name of a model')
    .optional()
    .describe("Absent, the provider's cheapest."),
})
export type TestProviderKey = z.infer<typeof TestProviderKey>

const Tokens = z.object(
  Object.fromEntries(usageClasses.map((name) => [name, z.number()])) as Record<(typeof usageClasses)[number], z.ZodNumber>,
)

export const KeyTest = z.object({
  ok: z.boolean(),
  latencyMs: z.number().int().min(0).max(600_000),
  model: z.string().nullable(),
  tokens: Tokens.nullable().describe('What the call used, in disjoint classes; null where no answer came.'),
  quality: z.enum(usageQualities).nullable(),
  costNanos: z.string().nullable().describe('In nano-dollars; null where no price is known.'),
  error: Help.extend({ class: z.enum(errorClasses) }).nullable(),
})
export type KeyTest = z.infer<typeof KeyTest>

const keyId = 'pky_01jd2f8m3n6q9rkvwxyz012345'
const period = { probes: 24, successRatio: 1, latencyMs: { p50: 184, p95: 391 } }

export const exampleHealth: ProviderKeyHealth = {
  keyId,
  health: 'healthy',
  checkedAt: '2026-11-21T10:00:00.000Z',
  isConfirming: false,
  lastProbeAt: '2026-11-21T10:00:00.000Z',
  nextProbeAt: '2026-11-21T10:57:00.000Z',
  history: { '24h': period, '7d': { ...period, probes: 168 }, '30d': { ...period, probes: 720 } },
}

export const exampleTest: KeyTest = {
  ok: true,
  latencyMs: 412,
  model: 'gpt-5-nano',
  tokens: {
    inputUncached: 9,
    cacheRead: 0,
    cacheWrite5m: 0,
    cacheWrite1h: 0,
    outputText: 4,
    reasoning: 0,
    audioIn: 0,
    audioOut: 0,
    images: 0,
    requests: 1,
    searches: 0,
    seconds: 0,
    characters: 0,
  },
  quality: 'exact',
  costNanos: '2050',
  error: null,
}
