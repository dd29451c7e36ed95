import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto'
import { canonicalJson } from './canonical'

/** A signed root over the leaves of one batch, chained to the root before it. Bytes are hexadecimal text. */
export interface Checkpoint {
  organizationId: string
  number: number
  size: number
  root: string
  previousRoot: string
  createdAt: string
  keyVersion: number
  publicKey: string
  signature: string
}

export interface AuditSigner {
  keyVersion: number
  publicKey: string
  /** `purpose` keeps a signature of one kind of statement from serving as one of another. */
  sign(purpose: string, statement: unknown): string
}

/** What the first checkpoint of an organization is chained to. */
export const firstPreviousRoot = '0'.repeat(64)

const privateKeyHead = Buffer.from('302e020100300506032b657004220420', 'hex')
const publicKeyHead = Buffer.from('302a300506032b6570032100', 'hex')

/** The 32 random bytes of the keyring are the seed of an Ed25519 key. */
export function createAuditSigner({ version, key }: { version: number; key: Buffer }): AuditSigner {
  const privateKey = createPrivateKey({ key: Buffer.concat([privateKeyHead, key]), format: 'der', type: 'pkcs8' })
  const publicKey = createPublicKey(privateKey).export({ format: 'der', type: 'spki' }).subarray(publicKeyHead.length).toString('hex')
  return {
    keyVersion: version,
    publicKey,
    sign: (purpose, statement) => sign(null, toBytes(purpose, statement), privateKey).toString('hex'),
  }
}

export function isSigned(publicKey: string, purpose: string, statement: unknown, signature: string): boolean {
  const key = readPublicKey(publicKey)
  return key !== null && verify(null, toBytes(purpose, statement), key, Buffer.from(signature, 'hex'))
}

export function signCheckpoint(signer: AuditSigner, facts: Omit<Checkpoint, 'keyVersion' | 'publicKey' | 'signature'>): Checkpoint {
  const { keyVersion, publicKey } = signer
  const signature = signer.sign('checkpoint', toStatement({ ...facts, keyVersion }))
  return { ...facts, keyVersion, publicKey, signature }
}

export function isSignedCheckpoint(checkpoint: Checkpoint, publicKey: string): boolean {
  return isSigned(publicKey, 'checkpoint', toStatement(checkpoint), checkpoint.signature)
}

function toStatement(checkpoint: Omit<Checkpoint, 'publicKey' | 'signature'>): unknown {
  const { organizationId, number, size, root, previousRoot, createdAt, keyVersion } = checkpoint
  return { organizationId, number, size, root, previousRoot, createdAt, keyVersion }
}

const toBytes = (purpose: string, statement: unknown) => Buffer.from(`keylease audit ${purpose} v1\n${canonicalJson(statement)}`)

function readPublicKey(publicKey: string): KeyObject | null {
  if (!/^[0-9a-f]{64}$/.test(publicKey)) return null
  return createPublicKey({ key: Buffer.concat([publicKeyHead, Buffer.from(publicKey, 'hex')]), format: 'der', type: 'spki' })
}
