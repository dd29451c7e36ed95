/** What the sandbox says to one request, before it is put into the words of a wire. */
export interface Answer {
  id: string
  model: string
  /** Pieces of text, one for each token. */
  pieces: readonly string[]
  /** Asked for in place of text, where the request brings tools and no result of one. */
  tool: { name: string; input: Record<string, unknown> } | null
  inputTokens: number
  outputTokens: number
  isStream: boolean
}

interface Tool {
  name?: string
  function?: { name?: string; parameters?: Schema }
  parameters?: Schema
  input_schema?: Schema
}

interface Schema {
  properties?: Record<string, { type?: string }>
}

/** As far as the three wires agree. */
export interface ModelRequest {
  model?: string
  stream?: boolean
  tools?: Tool[]
  messages?: unknown[]
  input?: unknown
}

const sentence =
  'Every call was made on a leased key that this process never kept: it was measured as it passed, and its cost is in the ledger.'
const words = sentence.split(' ')
/** One token for each four characters: near enough for a sandbox, and the same each time. */
const charactersPerToken = 4
const toolTokens = 20

export function composeAnswer(request: ModelRequest, bytes: number, outputTokens: number, number: number): Answer {
  const tool = isToolDue(request) ? toToolCall(request.tools?.[0] ?? {}) : null
  return {
    id: `sandbox-${number}`,
    model: request.model ?? 'sandbox',
    pieces: tool ? [] : Array.from({ length: outputTokens }, (_, at) => `${at === 0 ? '' : ' '}${words[at % words.length]}`),
    tool,
    inputTokens: Math.ceil(bytes / charactersPerToken),
    outputTokens: tool ? toolTokens : outputTokens,
    isStream: request.stream === true,
  }
}

const isToolDue = ({ tools = [], messages, input }: ModelRequest): boolean =>
  tools.length > 0 && !/"(?:tool|tool_result|function_call_output)"/.test(JSON.stringify(messages ?? input ?? ''))

/** Every argument gets a value of its type. */
function toToolCall(tool: Tool): NonNullable<Answer['tool']> {
  const schema = tool.function?.parameters ?? tool.parameters ?? tool.input_schema ?? {}
  const values = Object.entries(schema.properties ?? {}).map(([name, { type }]) => [name, type === 'number' ? 42 : 'Paris'])
  return { name: tool.function?.name ?? tool.name ?? 'tool', input: Object.fromEntries(values) }
}
