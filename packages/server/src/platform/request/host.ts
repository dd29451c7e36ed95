import { parseAddress } from './address'

const bracketed = /^\[([^\]]+)\](?::(\d{1,5}))?$/
const named = /^([a-z0-9._-]+)(?::(\d{1,5}))?$/

/**
 * Whether a Host header is ours. A page that rebinds its own name to our address still sends that name,
 * so a name nobody configured is foreign; an address cannot be rebound and stays ours.
 */
export function createHostCheck(options: { host: string; publicUrl?: URL }): (hostHeader: string | undefined) => boolean {
  const ownNames = new Set([options.host.toLowerCase(), ...(options.publicUrl ? [options.publicUrl.hostname.toLowerCase()] : [])])

  return (hostHeader) => {
    const header = (hostHeader ?? '').toLowerCase()
    const [, literal = '', literalPort] = bracketed.exec(header) ?? []
    if (literal) return literal.includes(':') && parseAddress(literal) !== null && isPort(literalPort)
    const [, name = '', port] = named.exec(header) ?? []
    return isPort(port) && (isLoopbackName(name) || ownNames.has(name) || parseAddress(name) !== null)
  }
}

/** RFC 6761 keeps `localhost` and every name below it on the machine itself. */
function isLoopbackName(name: string): boolean {
  return name === 'localhost' || /^([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+localhost$/.test(name)
}

function isPort(text: string | undefined): boolean {
  return text === undefined || (Number(text) >= 1 && Number(text) <= 65_535)
}
