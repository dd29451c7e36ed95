import { createPrivateKey, decapsulate, randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { AEAD_AES_256_GCM, CipherSuite, KDF_HKDF_SHA256, KEM_DHKEM_X25519_HKDF_SHA256 } from 'hpke'
import { describe, expect, test } from 'vitest'
import { testSize } from '../../test/size'
import { createSealer, encapsulate, UnusableKeyError } from './hpke'

const other = new CipherSuite(KEM_DHKEM_X25519_HKDF_SHA256, KDF_HKDF_SHA256, AEAD_AES_256_GCM)
const text = new TextEncoder()
const fromHex = (hex: string) => Buffer.from(hex, 'hex')
const toName = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64url')

test('the key encapsulation is that of RFC 9180, appendix A.1.1', () => {
  const d = toName(fromHex('4612c550263fc8ad58375df3f557aac531d26850903e55a9f23f21d8534e8ac8'))
  const x = toName(fromHex('3948cfe0ad1ddb695d780e59077195da6c56506b027329794ab02bca80815c4d'))
  const recipient = createPrivateKey({ key: { kty: 'OKP', crv: 'X25519', x, d }, format: 'jwk' })
  const encapsulated = fromHex('37fda3567bdbd628e88668c3c8d7e97d1d1253b6d4ea6d44c150f741f1bf4431')
  expect(decapsulate(recipient, encapsulated)).toEqual(fromHex('fe0e18c9f024ce43799ae393c7e8fe8fce9d218875e8227b0187c04e7d2ea1fc'))
  const { sharedSecret, encapsulatedKey } = encapsulate(x)
  expect(decapsulate(recipient, encapsulatedKey)).toEqual(sharedSecret)
})

describe('what is sealed', () => {
  test('opens with another implementation of HPKE, whatever it, its purpose and what it is bound to are', async () => {
    const pair = await other.GenerateKeyPair()
    const recipient = toName(await other.SerializePublicKey(pair.publicKey))
    const plain = fc.uint8Array({ maxLength: 5_000 })
    const property = fc.asyncProperty(plain, fc.string(), fc.string(), async (plaintext, info, aad) => {
      const { encapsulatedKey, ciphertext } = createSealer(info)(recipient, aad, plaintext)
      const opened = await other.Open(pair, encapsulatedKey, ciphertext, { info: text.encode(info), aad: text.encode(aad) })
      expect(Buffer.from(opened)).toEqual(Buffer.from(plaintext))
    })
    await fc.assert(property, { numRuns: testSize(50, 2_000) })
  })

  test('opens under no other binding, no other purpose, with no other key and with no bit changed', async () => {
    const [pair, stranger] = [await other.GenerateKeyPair(), await other.GenerateKeyPair()]
    const recipient = toName(await other.SerializePublicKey(pair.publicKey))
    const { encapsulatedKey, ciphertext } = createSealer('info')(recipient, 'lease', text.encode('a provider key'))
    const flipped = (bytes: Buffer, at: number) => Buffer.from(bytes.map((byte, index) => (index === at ? byte ^ 1 : byte)))
    const open = (options: { key?: typeof pair; enc?: Buffer; sealed?: Buffer; info?: string; aad?: string }) => {
      const { key = pair, enc = encapsulatedKey, sealed = ciphertext, info = 'info', aad = 'lease' } = options
      return other.Open(key, enc, sealed, { info: text.encode(info), aad: text.encode(aad) })
    }
    expect(new TextDecoder().decode(await open({}))).toBe('a provider key')
    const wrong = [{ aad: 'lease2' }, { info: 'other' }, { key: stranger }, { enc: flipped(encapsulatedKey, 3) }]
    const touched = [...ciphertext.keys()].map((at) => ({ sealed: flipped(ciphertext, at) }))
    for (const options of [...wrong, ...touched]) await expect(open(options)).rejects.toThrow()
  })

  test('to one recipient twice shares neither key nor bytes', async () => {
    const recipient = toName(await other.SerializePublicKey((await other.GenerateKeyPair()).publicKey))
    const [one, two] = [createSealer('i')(recipient, 'a', text.encode('same')), createSealer('i')(recipient, 'a', text.encode('same'))]
    expect(one.encapsulatedKey).not.toEqual(two.encapsulatedKey)
    expect(one.ciphertext).not.toEqual(two.ciphertext)
  })
})

describe('nothing is sealed', () => {
  const p = 2n ** 255n - 19n
  const points = [0n, 1n, p - 1n, p, p + 1n].map((point) => fromHex(point.toString(16).padStart(64, '0')).reverse())
  const orderEight = [
    'e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800',
    '5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157',
  ]

  test('to a point of small order, whose shared secret everybody knows', () => {
    for (const point of [...points, ...orderEight.map(fromHex)])
      expect(() => encapsulate(toName(point)), toName(point)).toThrow(UnusableKeyError)
  })

  test('to what is no public key', () => {
    for (const bytes of [randomBytes(0), randomBytes(31), randomBytes(33)])
      expect(() => encapsulate(toName(bytes))).toThrow(UnusableKeyError)
  })
})
