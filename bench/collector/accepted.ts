import { createReadStream, existsSync } from 'node:fs'
import { createInterface } from 'node:readline'

/** What the Collector wrote to a file of all that it accepted: one request in each line, in the JSON of OTLP. */
export async function* readAccepted(file: string): AsyncGenerator<string> {
  if (!existsSync(file)) return
  yield* createInterface({ input: createReadStream(file), crlfDelay: Number.POSITIVE_INFINITY })
}

interface Accepted {
  resourceSpans?: {
    scopeSpans: { spans: { traceId: string; spanId: string; attributes?: { key: string; value: { stringValue?: string } }[] }[] }[]
  }[]
}

/** The calls of models among it, by trace and span. */
export async function listAcceptedCalls(file: string): Promise<string[]> {
  const found: string[] = []
  for await (const line of readAccepted(file)) {
    const { resourceSpans = [] } = JSON.parse(line) as Accepted
    for (const { traceId, spanId, attributes = [] } of resourceSpans.flatMap((one) => one.scopeSpans.flatMap(({ spans }) => spans))) {
      const operation = attributes.find(({ key }) => key === 'gen_ai.operation.name')?.value.stringValue
      if (operation === 'chat') found.push(traceId + spanId)
    }
  }
  return found
}
