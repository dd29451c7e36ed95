export const QUOTE = 0x22
export const BACKSLASH = 0x5c
export const COMMA = 0x2c
export const COLON = 0x3a
export const OPEN_BRACE = 0x7b
export const CLOSE_BRACE = 0x7d
export const OPEN_BRACKET = 0x5b
export const CLOSE_BRACKET = 0x5d
export const LF = 0x0a
export const CR = 0x0d
export const SPACE = 0x20
export const TAB = 0x09
export const LOWER_N = 0x6e
export const LOWER_U = 0x75

/** Callers stay below the length; were one to step past it, undefined equals no byte and turns into 0 in arithmetic. */
export const byteAt = (bytes: Uint8Array, at: number): number => bytes[at] as number

export const isSpace = (byte: number): boolean => byte === SPACE || byte === LF || byte === CR || byte === TAB

/** Native search costs a call: worth it for what is far away. The view keeps it from running past `end` again and again. */
export function findByte(bytes: Uint8Array, byte: number, from: number, end: number): number {
  if (end === bytes.length) return bytes.indexOf(byte, from)
  const found = bytes.subarray(from, end).indexOf(byte)
  return found < 0 ? -1 : from + found
}

export function hasBytes(bytes: Uint8Array, at: number, expected: Uint8Array): boolean {
  for (let index = expected.length - 1; index >= 0; index--) if (bytes[at + index] !== expected[index]) return false
  return true
}

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { ignoreBOM: true })

export const toBytes = (text: string): Uint8Array => encoder.encode(text)
export const toText = (bytes: Uint8Array): string => decoder.decode(bytes)
