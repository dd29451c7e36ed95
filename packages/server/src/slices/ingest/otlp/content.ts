const names: ReadonlySet<string> = new Set([
  'gen_ai.input.messages',
  'gen_ai.output.messages',
  'gen_ai.system_instructions',
  'gen_ai.tool.definitions',
  'gen_ai.tool.call.arguments',
  'gen_ai.tool.call.result',
  'gen_ai.prompt',
  'gen_ai.completion',
  'gen_ai.content.prompt',
  'gen_ai.content.completion',
  'gen_ai.event.content',
  'ai.prompt',
  'ai.prompt.messages',
  'ai.prompt.tools',
  'ai.response.text',
  'ai.response.reasoning',
  'ai.response.toolCalls',
  'ai.toolCall.args',
  'ai.toolCall.result',
  'input.value',
  'output.value',
  'traceloop.entity.input',
  'traceloop.entity.output',
  'langfuse.observation.input',
  'langfuse.observation.output',
  'langfuse.trace.input',
  'langfuse.trace.output',
  'gcp.vertex.agent.llm_request',
])

/** Messages one by one, as OpenLLMetry and OpenInference number them. */
const numbered = /^(?:gen_ai\.(?:prompt|completion)\.\d+\.(?:content|reasoning|tool_calls\..*)|llm\.(?:input|output)_messages\.\d+\..*)$/

/** Whether an attribute holds what was said: it is never kept, so it is not even read. */
export const isContent = (name: string): boolean => names.has(name) || numbered.test(name)
