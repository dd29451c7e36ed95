import type { UsageOption } from '../providers/operation'

/** Of a name that is not written as it is. */
const escaped = '\\u00'
/** Nothing but a member of the whole object can end like this. */
const lastMember = ',"stream":true}'

/** False: no request with this text asks for a stream. */
export const mayStream = (text: string): boolean => text.includes('stream') || text.includes(escaped)

/** What `askForUsage` makes of a request that must be asked, told without reading it; null where only a reading can tell. */
export function askInText(text: string, { body }: UsageOption): string | null {
  if (!text.startsWith('{"') || !text.endsWith(lastMember) || text.includes(escaped)) return null
  for (const name in body) if (text.includes(name)) return null
  return `${JSON.stringify(body).slice(0, -1)},${text.slice(1)}`
}
