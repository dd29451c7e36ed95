import type { Answer } from './answer'

/** How one provider says an answer. */
export interface Wire {
  toBody(answer: Answer): object
  /** The pieces of a stream, each a complete server-sent event. */
  toEvents(answer: Answer, request: Record<string, unknown>): string[]
  toError(message: string): object
}

export const toEvent = (data: object, name?: string): string =>
  `${name === undefined ? '' : `event: ${name}\n`}data: ${JSON.stringify(data)}\n\n`
