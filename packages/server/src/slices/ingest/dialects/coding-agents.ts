import type { Dialect } from './dialect'

/** Spans of coding agents repeat what their log events tell, in part: the events are what is billed. */
export const codingAgents: Dialect = {
  scopes: /^com\.anthropic\.claude_code|^codex|^gemini[-_]cli/,
  marks: [],
  readKind: () => null,
}
