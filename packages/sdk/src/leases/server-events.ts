/** One event of a stream. */
export interface ServerEvent {
  name: string
  data: string
}

/** More than any event of the service. */
const longestRest = 4 * 1024 * 1024

/** Reads server-sent events from text that arrives in any pieces. What is not finished at the end is no event. */
export class ServerEventReader {
  #rest = ''
  #name = ''
  #data: string[] = []

  push(text: string): ServerEvent[] {
    const lines = (this.#rest + text).split(/\r\n|\n|\r(?!$)/)
    this.#rest = lines.pop() ?? ''
    if (this.#rest.length > longestRest) throw new RangeError('a line of the event stream has no end')
    return lines.flatMap((line) => this.#readLine(line))
  }

  #readLine(line: string): ServerEvent[] {
    if (line === '') return this.#finish()
    const colon = line.indexOf(':')
    const field = colon < 0 ? line : line.slice(0, colon)
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '')
    if (field === 'event') this.#name = value
    else if (field === 'data') this.#data.push(value)
    return []
  }

  #finish(): ServerEvent[] {
    const event = { name: this.#name || 'message', data: this.#data.join('\n') }
    this.#name = ''
    this.#data = []
    return event.data === '' ? [] : [event]
  }
}
