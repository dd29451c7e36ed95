type Delivery = 'gateway' | 'direct' | 'minted'

/** Once it serves, what is left open goes through it. */
const hasGatewayLanded = false

/**
 * How a key of this setting reaches a caller who asks for this; null where it does not. Without a public key there is nothing to seal to,
 * so only a token for the gateway can be given.
 */
export function chooseDelivery(
  allowed: string | null,
  asked: { delivery?: Delivery | undefined; publicKey?: string | undefined },
): Delivery | null {
  const wanted = asked.delivery ?? allowed
  if (wanted === 'gateway') return 'gateway'
  if (asked.publicKey === undefined) return wanted === null ? 'gateway' : null
  if (wanted === null) return hasGatewayLanded ? 'gateway' : 'direct'
  return wanted === 'minted' ? 'minted' : 'direct'
}
