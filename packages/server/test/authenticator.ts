import { createHash, createHmac, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto'

export interface SoftAuthenticator {
  /** What a browser answers to navigator.credentials.create. */
  register(challenge: string, origin?: string): object
  /** What it answers to navigator.credentials.get. */
  authenticate(challenge: string, origin?: string): object
}

const sha256 = (data: string | Buffer) => createHash('sha256').update(data).digest()
const rpHash = sha256('localhost')
const defaultOrigin = 'http://localhost'

/** A passkey made by hand: a P-256 key, attestation "none", and signatures over what WebAuthn signs. */
export function createAuthenticator(): SoftAuthenticator {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const id = randomBytes(24)
  let counter = 0
  return {
    register(challenge, origin = defaultOrigin) {
      const clientDataJSON = clientData('webauthn.create', challenge, origin)
      const attestationObject = Buffer.concat([
        Buffer.from([0xa3]),
        cborText('fmt'),
        cborText('none'),
        cborText('attStmt'),
        Buffer.from([0xa0]),
        cborText('authData'),
        cborBytes(attestedData(id, publicKey)),
      ])
      return credential(id, {
        clientDataJSON: encode(clientDataJSON),
        attestationObject: encode(attestationObject),
        transports: ['internal'],
      })
    },
    authenticate(challenge, origin = defaultOrigin) {
      const clientDataJSON = clientData('webauthn.get', challenge, origin)
      const authenticatorData = authData(0x05, ++counter)
      return credential(id, {
        clientDataJSON: encode(clientDataJSON),
        authenticatorData: encode(authenticatorData),
        signature: encode(signOver(privateKey, authenticatorData, clientDataJSON)),
      })
    },
  }
}

const encode = (data: Buffer) => data.toString('base64url')
const credential = (id: Buffer, response: object) => ({
  id: encode(id),
  rawId: encode(id),
  type: 'public-key',
  clientExtensionResults: {},
  response,
})
const clientData = (type: string, challenge: string, origin: string) =>
  Buffer.from(JSON.stringify({ type, challenge, origin, crossOrigin: false }))
const signOver = (key: KeyObject, data: Buffer, client: Buffer) => sign('sha256', Buffer.concat([data, sha256(client)]), key)

function authData(flags: number, counter: number): Buffer {
  const tail = Buffer.alloc(5)
  tail.writeUInt8(flags)
  tail.writeUInt32BE(counter, 1)
  return Buffer.concat([rpHash, tail])
}

function attestedData(id: Buffer, publicKey: KeyObject): Buffer {
  const { x = '', y = '' } = publicKey.export({ format: 'jwk' })
  const length = Buffer.alloc(2)
  length.writeUInt16BE(id.length)
  // COSE: kty 2 (EC2), alg -7 (ES256), crv 1 (P-256), x, y.
  const cose = Buffer.concat([
    Buffer.from([0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21]),
    cborBytes(Buffer.from(x, 'base64url')),
    Buffer.from([0x22]),
    cborBytes(Buffer.from(y, 'base64url')),
  ])
  return Buffer.concat([authData(0x45, 0), Buffer.alloc(16), length, id, cose])
}

const cborText = (text: string) => Buffer.concat([Buffer.from([0x60 + text.length]), Buffer.from(text)])
const cborBytes = (bytes: Buffer) =>
  Buffer.concat([
    bytes.length < 256 ? Buffer.from([0x58, bytes.length]) : Buffer.from([0x59, bytes.length >> 8, bytes.length & 255]),
    bytes,
  ])

/** The code of an authenticator app so many steps from now. The next one is good already, and still is when the step changes meanwhile. */
export function createTotpCode(totpUri: string, steps = 1): string {
  const secret = decodeBase32(new URL(totpUri).searchParams.get('secret') ?? '')
  const counter = Buffer.alloc(8)
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000) + steps))
  const digest = createHmac('sha1', secret).update(counter).digest()
  const offset = (digest.at(-1) ?? 0) & 15
  return String((digest.readUInt32BE(offset) & 0x7fffffff) % 1_000_000).padStart(6, '0')
}

function decodeBase32(text: string): Buffer {
  const bits = [...text.replace(/=+$/, '')].map((c) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(c).toString(2).padStart(5, '0')).join('')
  return Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)))
}
