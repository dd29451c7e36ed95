import type { Keylease } from '@keylease/sdk'

/** What a client does with one call, in words that all clients share. */
export interface Calls {
  /** The text of a whole answer. */
  ask(signal?: AbortSignal): Promise<string>
  /** The events of a stream as the client gives them. */
  stream(signal?: AbortSignal): Promise<AsyncIterable<unknown>>
  /** The name of the tool that the model asks for. */
  askForTool(): Promise<string | undefined>
  /** The HTTP status behind an error that the client threw. */
  readStatus(error: unknown): number | undefined
}

/** One official client, and recorded answers of its provider. */
export interface ClientCase {
  name: string
  provider: string
  basePath: string
  key?: Record<string, unknown>
  /** It lets a stream that its caller leaves lie, instead of ending it: it is over at close() at the latest. */
  leavesBody?: true
  wires: { whole: string; stream: string; tool: string }
  open(keylease: Keylease, origin: string): Calls
}

export const prompt = 'Say ok.'

export const readField = (value: unknown, ...names: string[]): number | undefined => {
  const found = names.map((name) => (value as Record<string, unknown> | null)?.[name]).find((one) => typeof one === 'number')
  return found as number | undefined // only numbers are found
}
