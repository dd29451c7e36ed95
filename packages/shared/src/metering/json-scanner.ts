import { BACKSLASH, byteAt, CLOSE_BRACE, CLOSE_BRACKET, COLON, COMMA, isSpace, LOWER_N, OPEN_BRACE, OPEN_BRACKET, QUOTE } from './bytes'
import { type CaptureNode, findMember } from './capture-program'
import { MemberName } from './member-name'
import { NestingSkipper } from './nesting-skipper'
import { RepeatableWords } from './repeatable-words'
import type { Slot } from './slot'
import { StringScanner } from './string-scanner'

/** Where captures go, each by its index: the tree of their paths, and a slot or a total for each. */
export interface CaptureTarget {
  program: { root: CaptureNode; events: CaptureNode }
  slot(index: number): Slot
  add(index: number, amount: number): void
}

const nothing = new Uint8Array(0)

const MALFORMED = 0
const VALUE = 1
const NAME = 2
const IN_NAME = 3
const AFTER_NAME = 4
const AFTER_VALUE = 5
const IN_STRING = 6
const IN_SCALAR = 7
const IN_NESTING = 8

/**
 * Walks JSON byte by byte as it arrives and keeps what the captures name. Nothing else is parsed, copied or remembered: below what
 * no capture passes through, only brackets are counted. After something that is no JSON it is silent until the next document.
 */
export class JsonScanner {
  /** The document ended as JSON does. */
  isWhole = false
  readonly words: RepeatableWords
  private state = VALUE
  private bytes: Uint8Array = nothing
  private end = 0
  /** Of the value that is next or being read; null where no capture leads. */
  private node: CaptureNode | null
  /** What that value lies in; null at the root. Captures lead through every one of them, so their number is bounded. */
  private container: CaptureNode | null = null
  private isInArray = false
  private readonly outer: (CaptureNode | null)[] = []
  private readonly outerIsArray: boolean[] = []
  private readonly open: Slot[] = []
  private readonly string = new StringScanner()
  private readonly nesting = new NestingSkipper()
  private readonly name = new MemberName()

  constructor(private readonly target: CaptureTarget) {
    this.node = target.program.root
    this.words = new RepeatableWords(target)
  }

  push(bytes: Uint8Array, start = 0, end = bytes.length): void {
    if (this.state === MALFORMED) return
    this.bytes = bytes
    this.end = end
    const { open } = this
    if (open.length > 0) for (const slot of open) slot.resume(start)
    let at = start
    while (at < end) at = this.step(at)
    if (open.length > 0) for (const slot of open) slot.hold(bytes, end)
    this.bytes = nothing
  }

  /** The next byte begins another document. What was not finished in this one is not kept. */
  endDocument(): void {
    this.isWhole = false
    this.words.beginDocument()
    this.state = VALUE
    this.node = this.target.program.root
    if (this.open.length > 0) this.open.length = 0
    if (this.container === null) return
    this.container = null
    this.outer.length = 0
    this.outerIsArray.length = 0
  }

  /** Reads on from `at`, and tells where it stopped. Each kind of byte leads straight to what follows it in compact JSON. */
  private step(at: number): number {
    switch (this.state) {
      case AFTER_VALUE:
        return this.readSeparator(at)
      case VALUE:
        return this.startValue(at)
      case NAME:
        return this.startName(at)
      case IN_NAME:
        return this.readName(at)
      case AFTER_NAME:
        return this.readColon(at)
      case IN_STRING:
        return this.readString(at)
      case IN_SCALAR:
        return this.readScalar(at)
      case IN_NESTING:
        return this.skipNesting(at)
      default:
        return this.end
    }
  }

  private startValue(at: number): number {
    const byte = byteAt(this.bytes, at)
    if (byte === QUOTE) return this.startString(at)
    if (byte === OPEN_BRACE || byte === OPEN_BRACKET) return this.startContainer(at, byte)
    if (isSpace(byte)) return at + 1
    if (byte === CLOSE_BRACKET && this.isInArray) return this.closeContainer(at)
    if (!isScalarStart(byte)) return this.giveUp()
    if (byte !== LOWER_N && this.node !== null) this.openSlots(this.node, at, byte)
    this.state = IN_SCALAR
    return this.readScalar(at)
  }

  private startString(at: number): number {
    const { node } = this
    if (node !== null) this.openSlots(node, at, QUOTE)
    if (node === null || node.characters.length === 0) {
      const close = findNearEnd(this.bytes, at + 1, this.end)
      if (close > 0) return this.endValue(node, close + 1)
    }
    if (node !== null && node.characters.length > 0) this.words.begin(node, at + 1, this.open.length > 0)
    this.string.begin()
    this.state = IN_STRING
    return at + 1 < this.end ? this.readString(at + 1) : at + 1
  }

  private startContainer(at: number, bracket: number): number {
    const { node } = this
    if (node !== null) this.openSlots(node, at, bracket)
    const isArray = bracket === OPEN_BRACKET
    const inner = isArray && this.container === null ? this.target.program.events : node
    if (inner === null || (isArray ? inner.element === null : inner.members.length === 0)) {
      this.nesting.begin()
      this.state = IN_NESTING
      return at + 1 < this.end ? this.skipNesting(at + 1) : at + 1
    }
    this.outer.push(this.container)
    this.outerIsArray.push(this.isInArray)
    this.container = inner
    this.isInArray = isArray
    this.state = isArray ? VALUE : NAME
    this.node = inner.element
    return at + 1
  }

  private closeContainer(at: number): number {
    const node = this.container
    this.container = this.outer.pop() ?? null
    this.isInArray = this.outerIsArray.pop() ?? false
    return this.endValue(node, at + 1)
  }

  private startName(at: number): number {
    const byte = byteAt(this.bytes, at)
    if (isSpace(byte)) return at + 1
    if (byte === CLOSE_BRACE) return this.closeContainer(at)
    if (byte !== QUOTE) return this.giveUp()
    const close = findNearEnd(this.bytes, at + 1, this.end)
    if (close < 0) {
      this.name.begin()
      this.state = IN_NAME
      return at + 1
    }
    this.node = this.container === null ? null : findMember(this.container, this.bytes, at + 1, close)
    this.state = AFTER_NAME
    return close + 1 < this.end ? this.readColon(close + 1) : close + 1
  }

  private readName(at: number): number {
    const close = this.name.read(this.bytes, at, this.end)
    if (close < 0) return this.end
    this.node = this.container === null ? null : this.name.find(this.container, this.bytes, at, close)
    this.state = AFTER_NAME
    return close + 1
  }

  private readColon(at: number): number {
    const byte = byteAt(this.bytes, at)
    if (byte === COLON) {
      this.state = VALUE
      return at + 1 < this.end ? this.startValue(at + 1) : at + 1
    }
    return isSpace(byte) ? at + 1 : this.giveUp()
  }

  private readString(at: number): number {
    const { node } = this
    const isCounted = node !== null && node.characters.length > 0
    const close = isCounted ? this.string.count(this.bytes, at, this.end) : this.string.skip(this.bytes, at, this.end)
    if (isCounted) this.addCharacters(node, close)
    return close < 0 ? this.end : this.endValue(node, close + 1)
  }

  private readScalar(at: number): number {
    let end = at
    while (end < this.end && isScalarPart(byteAt(this.bytes, end))) end++
    return end < this.end ? this.endValue(this.node, end) : end
  }

  private skipNesting(at: number): number {
    const close = this.nesting.skip(this.bytes, at, this.end)
    if (this.nesting.isTooDeep) for (const slot of this.open) slot.spoil()
    return close < 0 ? this.end : this.endValue(this.node, close + 1)
  }

  private readSeparator(at: number): number {
    const byte = byteAt(this.bytes, at)
    if (byte === COMMA) {
      this.state = this.isInArray ? VALUE : NAME
      this.node = this.isInArray && this.container !== null ? this.container.element : null
      return !this.isInArray && at + 1 < this.end ? this.startName(at + 1) : at + 1
    }
    if (byte === (this.isInArray ? CLOSE_BRACKET : CLOSE_BRACE)) return this.closeContainer(at)
    return isSpace(byte) ? at + 1 : this.giveUp()
  }

  private openSlots(node: CaptureNode, at: number, first: number): void {
    const { target } = this
    if (!node.isRepeatable) this.words.isRepeatable = false
    for (const index of node.counts) target.add(index, 1)
    for (const index of node.kept) {
      const slot = target.slot(index)
      if (slot.open(at, first)) this.open.push(slot)
    }
  }

  private addCharacters(node: CaptureNode, close: number): void {
    this.words.end(close)
    for (const index of node.characters) this.target.add(index, this.string.characters)
    this.string.characters = 0
  }

  private endValue(node: CaptureNode | null, end: number): number {
    if (this.open.length > 0 && node !== null) this.closeSlots(node, end)
    if (this.container !== null) this.state = AFTER_VALUE
    else {
      this.isWhole = true
      this.state = VALUE
      this.node = this.target.program.root
    }
    return end
  }

  /** Values end in the order in which they began, so the open slots of a node are the last ones. */
  private closeSlots({ kept }: CaptureNode, end: number): void {
    const { open, target } = this
    for (let last = kept.length - 1; last >= 0; last--) {
      const slot = target.slot(kept[last] ?? 0)
      if (open[open.length - 1] !== slot) continue
      open.pop()
      slot.close(this.bytes, end)
    }
  }

  private giveUp(): number {
    this.isWhole = false
    this.words.isRepeatable = false
    this.state = MALFORMED
    this.open.length = 0
    return this.end
  }
}

const NEAR = 48

/** The quote that ends a name or a string without escapes, or −1 where it is not near or not as simple. */
function findNearEnd(bytes: Uint8Array, from: number, end: number): number {
  const near = Math.min(end, from + NEAR)
  for (let at = from; at < near; at++) {
    const byte = byteAt(bytes, at)
    if (byte === QUOTE) return at
    if (byte === BACKSLASH) return -1
  }
  return -1
}

/** Digits, minus, t, f, n. Anything else begins no value. */
const isScalarStart = (byte: number): boolean =>
  (byte >= 0x30 && byte <= 0x39) || byte === 0x2d || byte === LOWER_N || byte === 0x74 || byte === 0x66

/** Anything up to a space, a comma, a quote or a closing bracket. */
export const isScalarPart = (byte: number): boolean => byte > 0x20 && byte !== COMMA && byte !== QUOTE && (byte | 0x20) !== CLOSE_BRACE
