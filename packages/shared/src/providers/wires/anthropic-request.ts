import type { Captured } from '../../metering/capture'
import type { RequestFacts, RequestShape } from '../operation'
import { readLimit, readRequest } from './openai-request'
import { readMembers, readText, readTotal } from './read-count'

/** An image is scaled down to at most this many tokens. https://platform.claude.com/docs/en/build-with-claude/vision */
const imageTokenCeiling = 4_784
/** What the provider adds to the prompt for tools as such, and for each tool that it defines itself. */
const toolTokenCeiling = 1_000
const clientTool = /^(?:custom|bash_|text_editor_|computer_|memory_)/

const sourcePaths = ['messages[].content[]', 'messages[].content[].content[]', 'messages[].content[].source.content[]']
const sourceCaptures = sourcePaths.flatMap((path, index) => [
  [`source${index}`, { path: `${path}.source.type`, keep: 'values' }] as const,
  [`media${index}`, { path: `${path}.source.media_type`, keep: 'values' }] as const,
])

/** https://platform.claude.com/docs/en/api/messages. At Google and AWS the model is in the path. */
export const anthropicMessagesRequest: RequestShape = {
  captures: {
    model: { path: 'model', keep: 'last' },
    stream: { path: 'stream', keep: 'last' },
    tier: { path: 'service_tier', keep: 'last' },
    speed: { path: 'speed', keep: 'last' },
    maxTokens: { path: 'max_tokens', keep: 'last' },
    tools: { path: 'tools[].name', keep: 'count' },
    toolTypes: { path: 'tools[].type', keep: 'values' },
    blocks: { path: 'messages[].content[].type', keep: 'values' },
    edits: { path: 'context_management.edits[].type', keep: 'values' },
    servers: { path: 'mcp_servers[].url', keep: 'count' },
    container: { path: 'container', keep: 'count' },
    ...Object.fromEntries(sourceCaptures),
  },
  read: (captured, facts) =>
    readRequest(captured, facts, {
      maxOutputTokens: readLimit(captured['maxTokens'], null),
      maxInputTokens: boundInput(captured, facts),
      serviceTier: captured['speed'] === 'fast' ? 'fast' : readText(captured['tier']),
    }),
}

const tallies = (captured: Captured, name: string) => Object.entries(readMembers(captured[name]) ?? {})
const sumOf = (entries: [string, unknown][]) => entries.reduce((sum, [, count]) => sum + readTotal(count), 0)

/** Null where something lies at the provider, where a tool of its own fetches more, and where it reads its own output again. */
function boundInput(captured: Captured, { bytes }: RequestFacts): number | null {
  const toolTypes = tallies(captured, 'toolTypes')
  const media = sourcePaths.flatMap((_, index) => tallies(captured, `media${index}`))
  const sources = sourcePaths.flatMap((_, index) => tallies(captured, `source${index}`))
  const isOpen =
    toolTypes.some(([type]) => !clientTool.test(type)) ||
    readTotal(captured['servers']) + readTotal(captured['container']) > 0 ||
    tallies(captured, 'edits').some(([type]) => type.startsWith('compact')) ||
    tallies(captured, 'blocks').some(([type]) => type === 'container_upload') ||
    sources.some(([type]) => type === 'url' || type === 'file') ||
    // A page of a PDF costs as much as an image, however few bytes it takes.
    media.some(([type]) => type === 'application/pdf')
  if (isOpen) return null
  const tools = Math.min(1, readTotal(captured['tools'])) + sumOf(toolTypes.filter(([type]) => type !== 'custom'))
  return bytes + sumOf(media.filter(([type]) => type.startsWith('image/'))) * imageTokenCeiling + tools * toolTokenCeiling
}
