import type { OperationKind } from '@keylease/shared/providers/operation'
import type { Attributes, LogSignal, Scope, SpanSignal } from '../otlp/signal'
import type { CountRules } from './normalise'

/** What a span stands for: one call, or all that happened below it. */
export interface CallKind {
  operation: OperationKind
  isContainer: boolean
}

/** Attribute names of one field, the best first. */
export type NameList = readonly string[]

/** Where the fields of a call are told. Counts are tokens, first tokens milliseconds, seconds or the time of day. */
export interface Names {
  provider: NameList
  requestModel: NameList
  responseModel: NameList
  responseId: NameList
  input: NameList
  output: NameList
  cacheRead: NameList
  cacheWrite: NameList
  cacheWrite5m: NameList
  cacheWrite1h: NameList
  reasoning: NameList
  audioIn: NameList
  audioCached: NameList
  audioOut: NameList
  imageIn: NameList
  imageOut: NameList
  total: NameList
  /** What tools brought into the prompt, beside the input. */
  toolInput: NameList
  seconds: NameList
  characters: NameList
  cost: NameList
  firstTokenSeconds: NameList
  firstTokenMs: NameList
  firstTokenAt: NameList
  isStream: NameList
  conversation: NameList
  endUser: NameList
  tags: NameList
  finishReason: NameList
  errorType: NameList
  serviceTier: NameList
  httpStatus: NameList
  latencyMs: NameList
  maxOutput: NameList
}

export interface RuleFacts {
  name: string
  scope: Scope
  /** With what was unpacked. */
  attributes: Attributes
  provider: string
}

/** How the spans of one instrumentation tell of calls. */
export interface Dialect {
  /** Scope names that write it. */
  scopes: RegExp | null
  /** Attributes that nobody else writes, for spans of other scopes. */
  marks: NameList
  /** Null for what is no call by itself: parents with the sum of their children, tools, steps. */
  readKind(span: SpanSignal): CallKind | null
  /** Read before the names that all share. */
  names?: Partial<Names>
  /** Values that are told inside a JSON text, by names of their own. */
  unpack?(attributes: Attributes): Attributes
  /** Whether what it tells may be its own count of the words, and not what the provider said. */
  countsItself?(span: SpanSignal): boolean
  /** What its counts include, where that is known. */
  findRules?(facts: RuleFacts): Partial<CountRules>
}

/** How the log events of one program tell of calls. */
export interface LogDialect {
  /** Of the event, with and without the name of the program before it. */
  events: NameList
  /** Found in the event, its scope, its body or the name of its service. */
  program: RegExp
  /** Null for an event that tells no use. */
  readKind(record: LogSignal): CallKind | null
  names: Partial<Names>
  rules: Partial<CountRules>
  unpack: ((attributes: Attributes) => Attributes) | null
  findProvider(record: LogSignal): string
}
