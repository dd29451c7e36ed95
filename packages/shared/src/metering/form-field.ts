import { ByteCopy } from './byte-copy'
import { byteAt, toBytes, toText } from './bytes'
import { type CaptureNode, findMember } from './capture-program'
import type { CaptureTarget } from './json-scanner'
import { countCharacters } from './string-scanner'

const MAX_FIELD_BYTES = 8 * 1024

/** A field of a form: kept while it is short, counted however long. */
export class FormField {
  private readonly kept = new ByteCopy()
  private isLong = false
  private characters = 0

  constructor(private readonly node: CaptureNode) {}

  /** The field that captures name; `name[]` is an element of a list. */
  static find(name: string, { program }: CaptureTarget): FormField | null {
    const isElement = name.endsWith('[]')
    const bytes = toBytes(isElement ? name.slice(0, -2) : name)
    const member = findMember(program.root, bytes, 0, bytes.length)
    const node = isElement ? (member?.element ?? null) : member
    return node === null ? null : new FormField(node)
  }

  add(bytes: Uint8Array, from: number, to: number): void {
    this.characters += countCharacters(bytes, from, to)
    if (!this.isLong) this.isLong = !this.kept.append(bytes, from, to, MAX_FIELD_BYTES)
  }

  end(target: CaptureTarget): void {
    const { node } = this
    for (const index of node.counts) target.add(index, 1)
    for (const index of node.characters) target.add(index, this.characters)
    if (this.isLong) return
    const json = toBytes(toJson(toText(this.kept.bytes.subarray(0, this.kept.length))))
    for (const index of node.kept) {
      const slot = target.slot(index)
      if (slot.open(0, byteAt(json, 0))) slot.close(json, json.length)
    }
  }
}

/** A form knows text alone: what reads as a boolean or a number is one, as it would be in JSON. */
const toJson = (text: string): string => (/^(?:true|false|-?(?:0|[1-9]\d{0,14})(?:\.\d{1,9})?)$/.test(text) ? text : JSON.stringify(text))
