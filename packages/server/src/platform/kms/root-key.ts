import { StartError } from '../../env'

/**
 * The key that wraps every other key. A provider wraps and unwraps; nothing is ever derived from a root key,
 * so that a remote KMS can hold it. `context` binds a wrapped key to its row and must be the same to unwrap it.
 * A key that is absent or out of reach is a RootKeyError; anything else that fails to unwrap is a wrong key or a wrong row.
 */
export interface RootKeyProvider {
  /** Where an operator finds the root keys, for messages. */
  readonly place: string
  /** Every root key held there, the current one included; empty when there is none. */
  listIds(): Promise<readonly string[]>
  currentId(): Promise<string | null>
  /** The current id; the first root key is made when there is none. */
  ensureKey(): Promise<string>
  /** Makes one more root key the current one. */
  addKey(): Promise<string>
  removeKey(id: string): Promise<void>
  wrap(plaintext: Buffer, context: string, id: string): Promise<Buffer>
  unwrap(wrapped: Buffer, context: string, id: string): Promise<Buffer>
}

/** No usable root key: the service is sealed, and the message is the sentence that says why and what to do. */
export class RootKeyError extends StartError {}

/** The context of a wrapped key: JSON keeps the parts of any two rows apart. */
export const wrapContext = (...parts: readonly (string | number)[]): string => JSON.stringify(parts)
