import type { Capture, Captured } from '../../metering/capture'
import type { Usage } from '../operation'
import { joinMismatches } from './openai-answer'
import { readTokens } from './openai-tokens'
import { readCount, readMembers, readTally } from './read-count'

/** Tools that the provider runs, and bills beside the tokens. A whole answer lists their calls; a stream tells each that ended. */
export const hostedToolCaptures = {
  events: { path: 'type', keep: 'values' },
  items: { path: 'output[].type', keep: 'values' },
  itemsInEvent: { path: 'response.output[].type', keep: 'values' },
  actions: { path: 'output[].action.type', keep: 'values' },
  actionsInEvent: { path: 'response.output[].action.type', keep: 'values' },
  toolUsage: { path: 'tool_usage', keep: 'last' },
  toolUsageInEvent: { path: 'response.tool_usage', keep: 'last' },
} as const satisfies Record<string, Capture>

const hostedTools = ['web_search_call', 'file_search_call', 'code_interpreter_call']
/** Of the steps of a web search only the search itself is billed: https://platform.openai.com/docs/guides/tools-web-search */
const freeActions = ['open_page', 'find_in_page', 'find']

export function countHostedTools(captured: Captured): number {
  const told = readCount(readMembers(readToolUsage(captured)?.['web_search'])?.['num_requests'], 'num_requests', [])
  return hostedTools.reduce((sum, tool) => sum + (tool === 'web_search_call' && told !== null ? told : countCalls(captured, tool)), 0)
}

function countCalls(captured: Captured, tool: string): number {
  const listed = readTally(captured['itemsInEvent'], tool) || readTally(captured['items'], tool)
  if (listed === 0) return readTally(captured['events'], `response.${tool}.completed`)
  if (tool !== 'web_search_call') return listed
  const actions = captured['actionsInEvent'] ?? captured['actions']
  return Math.max(0, listed - freeActions.reduce((sum, action) => sum + readTally(actions, action), 0))
}

/** An image that a tool made is billed at the rates of the image model, which the answer does not name: an estimate. */
export function addImageTool(usage: Usage, captured: Captured): Usage {
  const drawn = readMembers(readToolUsage(captured)?.['image_gen'])
  const isDrawn = readTally(captured['itemsInEvent'], 'image_generation_call') + readTally(captured['items'], 'image_generation_call') > 0
  const mismatches: string[] = []
  const tokens = drawn && readTokens(drawn, { output: 'image' }, mismatches)
  const { inputUncached = 0, outputText = 0 } = tokens?.counts ?? {}
  if (inputUncached + outputText === 0 && !isDrawn) return usage
  return {
    ...usage,
    vector: {
      ...usage.vector,
      inputUncached: usage.vector.inputUncached + inputUncached,
      outputText: usage.vector.outputText + outputText,
    },
    imageTokens: {
      input: usage.imageTokens.input + (tokens?.imageTokens.input ?? 0),
      output: usage.imageTokens.output + (tokens?.imageTokens.output ?? 0),
    },
    mismatch: joinMismatches([usage.mismatch, ...mismatches, 'an image tool is billed at the rates of its own model']),
  }
}

const readToolUsage = (captured: Captured) => readMembers(captured['toolUsageInEvent'] ?? captured['toolUsage'])
