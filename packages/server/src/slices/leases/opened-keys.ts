import type { OpenedCredential } from '@keylease/shared/contracts/lease-bodies'
import type { Provider } from '@keylease/shared/providers/provider'
import type { Deps } from '../../deps'
import { type LeasableKey, openLeasedSecret } from '../provider-keys/service'

/** Keys that are being sealed to their holders: who asks at the same moment shares one opening, then its bytes are wiped. */
export interface OpenedKeys {
  /** The bytes are a credential in clear, and good until `use` returns. */
  use<T>(organizationId: string, key: KeyOfProvider, use: (credential: Buffer) => T): Promise<T>
}

interface KeyOfProvider {
  provider: Provider
  version: LeasableKey['version']
}

interface Opened {
  provider: Provider
  credential: Promise<Buffer>
}

type Room = Pick<Deps, 'cipher' | 'keyring'>

/** About as long as one merged call gathers. */
const heldMs = 10

export function createOpenedKeys(room: Room): OpenedKeys {
  const held = new Map<string, Opened>()

  const open = (organizationId: string, { provider, version }: KeyOfProvider): Promise<Buffer> => {
    const opened = { provider, credential: readCredential(room, organizationId, { provider, version }) }
    const forget = () => held.get(version.id) === opened && held.delete(version.id)
    const wipe = (credential: Buffer) => {
      forget()
      credential.fill(0)
    }
    held.set(version.id, opened)
    opened.credential.then((credential) => setTimeout(wipe, heldMs, credential), forget)
    return opened.credential
  }

  return {
    async use(organizationId, key, use) {
      const known = held.get(key.version.id)
      // Whoever waits for a promise that is kept goes on before any timer does.
      return use(await (known?.provider === key.provider ? known.credential : open(organizationId, key)))
    },
  }
}

async function readCredential(room: Room, organizationId: string, { provider, version }: KeyOfProvider): Promise<Buffer> {
  const key = await openLeasedSecret(room, organizationId, version)
  const { auth, headers } = provider
  const opened: OpenedCredential = { key: key.reveal(), auth, headers }
  return Buffer.from(JSON.stringify(opened))
}
