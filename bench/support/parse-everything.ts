/** What a reader without a scanner does: decode all of it, split it into events, and parse each one whole. */
export function parseEverything(chunks: readonly Uint8Array[], contentType: string): unknown[] {
  const decoder = new TextDecoder()
  const events: unknown[] = []
  let rest = ''
  const isLines = /event-stream|ndjson|jsonl/.test(contentType)
  for (const chunk of chunks) {
    rest += decoder.decode(chunk, { stream: true })
    if (!isLines) continue
    const lines = rest.split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) parseInto(events, line.startsWith('data:') ? line.slice('data:'.length) : line)
  }
  parseInto(events, rest)
  return events
}

function parseInto(events: unknown[], text: string): void {
  if (!/^\s*[[{]/.test(text)) return
  try {
    events.push(JSON.parse(text))
  } catch {
    events.push(null)
  }
}
