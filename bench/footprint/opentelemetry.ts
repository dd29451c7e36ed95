import { OTLPTraceExporter } from '../../tests/contract/node_modules/@opentelemetry/exporter-trace-otlp-http/dist/index.mjs'
import {
  BatchSpanProcessor,
  type SpanExporter,
  TracerProvider,
} from '../../tests/contract/node_modules/@opentelemetry/sdk-trace/dist/index.mjs'
import type { ChatCompletion } from '../../tests/contract/node_modules/openai/resources/chat/completions.mjs'

/** What a careful user writes by hand: one span for each call with the attributes of the conventions, in batches over OTLP/HTTP. */
export function createTracer(url: string) {
  // Its base class lies in a package that only its own folder can name, so its type shows nothing of it here.
  const exporter = new OTLPTraceExporter({ url }) as unknown as SpanExporter
  const provider = new TracerProvider({ spanProcessors: [new BatchSpanProcessor({ exporter })] })
  const tracer = provider.getTracer('bench')
  return {
    flush: () => provider.forceFlush(),
    traceCall:
      <Input extends { model: string }>(call: (input: Input) => PromiseLike<unknown>) =>
      async (input: Input) => {
        const span = tracer.startSpan(`chat ${input.model}`, { kind: 2 })
        const answer = (await call(input)) as ChatCompletion // whole answers are asked for
        span.setAttributes({
          'gen_ai.operation.name': 'chat',
          'gen_ai.provider.name': 'openai',
          'gen_ai.request.model': input.model,
          'gen_ai.response.model': answer.model,
          'gen_ai.response.id': answer.id,
          'gen_ai.response.finish_reasons': answer.choices.map(({ finish_reason }) => finish_reason),
          'gen_ai.usage.input_tokens': answer.usage?.prompt_tokens ?? 0,
          'gen_ai.usage.output_tokens': answer.usage?.completion_tokens ?? 0,
          'gen_ai.usage.cache_read.input_tokens': answer.usage?.prompt_tokens_details?.cached_tokens ?? 0,
          'gen_ai.usage.reasoning.output_tokens': answer.usage?.completion_tokens_details?.reasoning_tokens ?? 0,
        })
        span.end()
        return answer
      },
  }
}
