import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import { StartError } from '../env'
import { readAnchors } from '../platform/audit/anchor-file'
import { readExportLines } from '../platform/audit/export-lines'
import { type Verdict, verifyExport } from '../platform/audit/verify-export'

/** Proves an export, or says what is wrong with it, one line each. It asks no database and no key but those in the two files. */
export async function verifyAudit(file: string, anchorFile: string | undefined): Promise<number> {
  await refuseAbsent(file)
  if (anchorFile !== undefined) await refuseAbsent(anchorFile)
  const anchors = anchorFile === undefined ? null : await readAnchors(createInterface({ input: createReadStream(anchorFile, 'utf8') }))
  const verdict = await verifyExport(readExportLines(createReadStream(file)), anchors)
  const lines = [...verdict.findings.map((finding) => `✗ ${finding}`), ...summarise(verdict, anchors)]
  process.stdout.write(`${lines.join('\n')}\n`)
  return verdict.findings.length === 0 ? 0 : 1
}

async function refuseAbsent(file: string): Promise<void> {
  const found = await stat(file).catch(() => null)
  if (!found?.isFile()) throw new StartError(`There is no file ${file}; name an export, and after --anchor the file with its anchors.`)
}

function summarise(verdict: Verdict, anchors: Awaited<ReturnType<typeof readAnchors>> | null): string[] {
  const { findings, entries, checkpoints, leaves, retainedFrom } = verdict
  const keys = [...verdict.keys].map(([version, key]) => `version ${version} ${key}`).join(', ')
  return [
    `${findings.length === 0 ? 'verified' : 'NOT verified'}: ${entries} entries in ${checkpoints} checkpoints, ${findings.length} findings`,
    `organization ${verdict.organizationId ?? 'unknown'}`,
    ...(leaves > 0
      ? [`${leaves} entries from before ${retainedFrom} were dropped by retention; their digests lead to the signed roots`]
      : []),
    anchors
      ? `${verdict.anchored} of the checkpoints have their anchor; keys of the anchors: ${keys || 'none'}`
      : `no anchors were given, so the end may be cut off unseen; keys that the file names: ${keys || 'none'}`,
    ...(anchors && anchors.unreadableLines > 0 ? [`${anchors.unreadableLines} lines of the anchor file could not be read`] : []),
  ]
}
