import { type Checkpoint, isSignedCheckpoint } from './checkpoint'
import { CheckpointFacts } from './export-record'

/** Checkpoints as they left the service, and the keys they name: what an export is held against. */
export interface Anchors {
  checkpoints: Checkpoint[]
  keys: Map<number, string>
  findings: string[]
  unreadableLines: number
}

/** One anchor a line. A line that a crash cut off is counted and passed over: its anchor was written again. */
export async function readAnchors(lines: AsyncIterable<string>): Promise<Anchors> {
  const anchors: Anchors = { checkpoints: [], keys: new Map(), findings: [], unreadableLines: 0 }
  let number = 0
  for await (const line of lines) {
    number += 1
    if (line.trim() === '') continue
    const anchor = parseAnchor(line)
    if (anchor) addAnchor(anchors, anchor, number)
    else anchors.unreadableLines += 1
  }
  return anchors
}

function parseAnchor(line: string): Checkpoint | null {
  try {
    return CheckpointFacts.safeParse(JSON.parse(line)).data ?? null
  } catch {
    return null
  }
}

function addAnchor(anchors: Anchors, anchor: Checkpoint, line: number): void {
  const key = anchors.keys.get(anchor.keyVersion) ?? anchor.publicKey
  if (key !== anchor.publicKey) {
    anchors.findings.push(`anchor file, line ${line}: key version ${anchor.keyVersion} is not the key that an earlier line names`)
  } else if (!isSignedCheckpoint(anchor, key)) {
    anchors.findings.push(`anchor file, line ${line}: the signature does not belong to checkpoint ${anchor.number}`)
  } else {
    anchors.keys.set(anchor.keyVersion, key)
    anchors.checkpoints.push(anchor)
  }
}
