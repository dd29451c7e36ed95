import { type CipherKey, randomBytes } from 'node:crypto'
import type { Database } from './db'
import { boxOverheadBytes, encodeParts, keyBytes, openBox, sealBox } from './envelope'
import { AppError } from './errors'
import type { Keyring } from './keyring'
import { RootKeyError, type RootKeyProvider } from './kms/root-key'
import { createOrganizationKeys } from './organization-keys'

/** What a sealed value belongs to. It opens only for the same organization, record, version and purpose. */
export interface SealContext {
  organizationId: string
  recordId: string
  version: number
  purpose: string
}

export interface Cipher {
  /** Makes the key that everything of the organization is sealed under; an organization that has one keeps it. */
  createOrganizationKey(organizationId: string): Promise<void>
  seal(context: SealContext, plaintext: Buffer): Promise<Buffer>
  open(context: SealContext, sealed: Buffer): Promise<Buffer>
}

/** A sealed value: format byte, version of the organization key, box of the data key, box of the plaintext. */
const format = 1
const headerBytes = 5
const dataKeyBoxBytes = keyBytes + boxOverheadBytes

export function createCipher(db: Pick<Database, 'systemPool'>, rootKeys: RootKeyProvider, keyring: Pick<Keyring, 'sealedReason'>): Cipher {
  const keys = createOrganizationKeys(db, rootKeys)
  return {
    createOrganizationKey: (organizationId) => runUnsealed(keyring, () => keys.create(organizationId)),
    seal: (context, plaintext) =>
      runUnsealed(keyring, async () => {
        const { version, key } = await keys.get(context.organizationId)
        return sealValue(key, toHeader(version), context, plaintext)
      }),
    open: (context, sealed) =>
      runUnsealed(keyring, async () => {
        const { key } = await keys.get(context.organizationId, readKeyVersion(sealed))
        return openValue(key, context, sealed)
      }),
  }
}

/** A caller learns that the service is sealed or that something failed here; which key it was is for the log. */
async function runUnsealed<T>(keyring: Pick<Keyring, 'sealedReason'>, work: () => Promise<T>): Promise<T> {
  if (keyring.sealedReason() !== null) throw new AppError('sealed')
  try {
    return await work()
  } catch (cause) {
    if (cause instanceof RootKeyError) throw new AppError('internal', { cause })
    throw cause
  }
}

function sealValue(key: CipherKey, header: Buffer, context: SealContext, plaintext: Buffer): Buffer {
  const dataKey = randomBytes(keyBytes)
  try {
    const dataKeyBox = sealBox(key, dataKey, toAdditionalData('data key', header, context))
    return Buffer.concat([header, dataKeyBox, sealBox(dataKey, plaintext, toAdditionalData('value', header, context))])
  } finally {
    dataKey.fill(0)
  }
}

function openValue(key: CipherKey, context: SealContext, sealed: Buffer): Buffer {
  const header = sealed.subarray(0, headerBytes)
  const valueStart = headerBytes + dataKeyBoxBytes
  let dataKey: Buffer | undefined
  try {
    dataKey = openBox(key, sealed.subarray(headerBytes, valueStart), toAdditionalData('data key', header, context))
    return openBox(dataKey, sealed.subarray(valueStart), toAdditionalData('value', header, context))
  } catch (cause) {
    throw new AppError('internal', { cause })
  } finally {
    dataKey?.fill(0)
  }
}

function toHeader(keyVersion: number): Buffer {
  const header = Buffer.alloc(headerBytes, format)
  header.writeUInt32BE(keyVersion, 1)
  return header
}

function readKeyVersion(sealed: Buffer): number {
  if (sealed.length < headerBytes || sealed[0] !== format) {
    throw new AppError('internal', { cause: new Error('A sealed value has an unknown format.') })
  }
  return sealed.readUInt32BE(1)
}

/** The header is bound as well, and the two boxes of one value cannot stand in for each other. */
function toAdditionalData(box: 'data key' | 'value', header: Buffer, context: SealContext): Buffer {
  return encodeParts([box, header.toString('hex'), context.organizationId, context.recordId, String(context.version), context.purpose])
}
