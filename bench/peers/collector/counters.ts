/** Counters as Prometheus reads them: their lines, by name with labels. */
export interface Counters {
  /** The sum of those of this name that carry the label, or of all. */
  sum(name: string, label?: string): number
}

export async function readCounters(url: string, headers: Record<string, string> = {}): Promise<Counters> {
  const answer = await fetch(url, { headers })
  const text = await answer.text()
  if (!answer.ok) throw new Error(`the counters were answered ${answer.status} ${text}`)
  const lines = text.split('\n').flatMap((line) => {
    const [, name, labels = '', value] = /^([a-z0-9_]+)(\{.*\})? ([0-9.eE+-]+)$/.exec(line) ?? []
    return name ? [{ name, labels, value: Number(value) }] : []
  })
  return {
    sum: (name, label = '') =>
      lines.filter((line) => line.name === name && line.labels.includes(label)).reduce((total, { value }) => total + value, 0),
  }
}
