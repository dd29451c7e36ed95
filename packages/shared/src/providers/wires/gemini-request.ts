import type { Captured } from '../../metering/capture'
import type { RequestFacts, RequestShape } from '../operation'
import { multiplyLimits, readLargestLimit, readLimit, readRequest } from './openai-request'
import { readMembers, readText, readTotal } from './read-count'

/** Twenty tiles of 258 tokens, more than any image takes that this API accepts. https://ai.google.dev/gemini-api/docs/image-understanding */
const imageTokenCeiling = 5_160

/** What bytes do not bound: what lies at the provider, and what its tools fetch. Both spellings of proto JSON are taken. */
const openPaths = [
  'cachedContent',
  'cached_content',
  ...['contents[]', 'content', 'systemInstruction', 'system_instruction', 'requests[].content'].flatMap((content) => [
    `${content}.parts[].fileData`,
    `${content}.parts[].file_data`,
  ]),
  ...[
    'googleSearch',
    'googleSearchRetrieval',
    'googleMaps',
    'urlContext',
    'codeExecution',
    'fileSearch',
    'retrieval',
    'mcpServers',
  ].flatMap((tool) => [`tools[].${tool}`, `tools[].${tool.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)}`]),
]
const mediaPaths = ['contents[]', 'content', 'requests[].content'].flatMap((content) => [
  `${content}.parts[].inlineData.mimeType`,
  `${content}.parts[].inline_data.mime_type`,
])

const captures: RequestShape['captures'] = {
  ...Object.fromEntries(openPaths.map((path, index) => [`open${index}`, { path, keep: 'count' } as const])),
  ...Object.fromEntries(mediaPaths.map((path, index) => [`media${index}`, { path, keep: 'values' } as const])),
  maxTokens: { path: 'generationConfig.maxOutputTokens', keep: 'last' },
  maxTokensSnake: { path: 'generation_config.max_output_tokens', keep: 'last' },
  candidates: { path: 'generationConfig.candidateCount', keep: 'last' },
  tier: { path: 'serviceTier', keep: 'last' },
}

/** The model and whether it streams are in the path. */
export const createGeminiRequest = ({ isStream }: { isStream: boolean }): RequestShape => ({
  captures,
  outputCap: ['generationConfig', 'maxOutputTokens'],
  read: (captured, facts) =>
    readRequest(captured, facts, {
      isStream,
      maxOutputTokens: multiplyLimits(
        readLargestLimit(captured['maxTokens'], captured['maxTokensSnake']),
        readLimit(captured['candidates'], 1),
      ),
      maxInputTokens: boundInput(captured, facts),
      serviceTier: readText(captured['tier'])?.toLowerCase() ?? null,
    }),
})

/** Nothing is generated. */
export const geminiInputRequest: RequestShape = {
  captures,
  read: (captured, facts) => readRequest(captured, facts, { maxOutputTokens: 0, maxInputTokens: boundInput(captured, facts) }),
}

/** A page of a PDF or a second of a video costs the same however few bytes it takes. */
function boundInput(captured: Captured, { bytes }: RequestFacts): number | null {
  const media = mediaPaths.flatMap((_, index) => Object.entries(readMembers(captured[`media${index}`]) ?? {}))
  const isOpen = openPaths.some((_, index) => readTotal(captured[`open${index}`]) > 0)
  if (isOpen || media.some(([type]) => type === 'application/pdf' || type.startsWith('video/'))) return null
  const images = media.filter(([type]) => type.startsWith('image/')).reduce((sum, [, count]) => sum + readTotal(count), 0)
  return bytes + images * imageTokenCeiling
}
