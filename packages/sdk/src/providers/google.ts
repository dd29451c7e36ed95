import { type ApiKeyOptions, toApiKeyOptions } from './api-key'

/** @google/genai takes its fetch among the HTTP options. */
export interface GoogleOptions extends ApiKeyOptions {
  httpOptions: { fetch: typeof fetch }
}

export interface VertexPlace {
  /** The Google Cloud project; without one, the paths of express mode are used. */
  project?: string
  location?: string
}

export interface VertexOptions extends GoogleOptions, VertexPlace {
  vertexai: true
}

export const toGoogleOptions = (fetch: typeof globalThis.fetch): GoogleOptions => ({
  ...toApiKeyOptions(fetch),
  httpOptions: { fetch: async (input, init) => leaveWhenReleased(await fetch(input, init)) },
})

/** Where its caller leaves a stream early, @google/genai lets go of the reader and of nothing else: the provider would go on. */
function leaveWhenReleased(answer: Response): Response {
  const { body } = answer
  if (body === null) return answer
  const getReader = () => {
    const reader = ReadableStream.prototype.getReader.call(body)
    const release = reader.releaseLock.bind(reader)
    const releaseLock = () => {
      reader.cancel().catch(() => undefined)
      release()
    }
    return Object.assign(reader, { releaseLock })
  }
  Object.assign(body, { getReader })
  return answer
}

export const toVertexOptions = (fetch: typeof globalThis.fetch, { project, location }: VertexPlace): VertexOptions => ({
  ...toGoogleOptions(fetch),
  vertexai: true,
  ...(project !== undefined && { project }),
  ...(location !== undefined && { location }),
})
