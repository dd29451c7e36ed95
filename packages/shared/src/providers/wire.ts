import { anthropic } from './anthropic'
import { openaiCompatible } from './openai-compatible'
import type { Operation } from './operation'
import type { TestCall } from './provider'
import { createDataOperations } from './wires/data'

/** Wires that an API which the catalogue does not know may speak. */
export const providerWires = ['openai-chat', 'anthropic-messages', 'none'] as const
export type ProviderWire = (typeof providerWires)[number]

interface Wire {
  operations: readonly Operation[]
  testCall: TestCall | null
}

const readings = createDataOperations([])
const plain: Wire = { operations: [...readings, ...readings.map((one) => ({ ...one, method: 'POST' as const }))], testCall: null }

const wires: Record<ProviderWire, Wire> = { 'openai-chat': openaiCompatible, 'anthropic-messages': anthropic, none: plain }

export const findWire = (name: ProviderWire): Wire => wires[name]
