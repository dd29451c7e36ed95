import { join } from 'node:path'
import type { Deps } from '../../deps'
import type { Jobs } from '../jobs'
import { createAnchorSender } from './anchors'
import { checkpointAll } from './batcher'
import { createAuditSigner } from './checkpoint'
import { dropExpiredAudit } from './retention'

/** What turns the trail into evidence, once across replicas. */
export function scheduleEvidence(jobs: Jobs, deps: Deps): void {
  const room = { ...deps, signer: createAuditSigner(deps.keyring.current('audit')) }
  const sendAnchors = createAnchorSender({ ...deps, file: join(deps.env.dataDir, 'audit', 'anchors.jsonl'), url: deps.env.auditAnchorUrl })
  jobs.loop('audit-checkpoints', 1_000, () => checkpointAll(room))
  jobs.loop('audit-anchors', 1_000, sendAnchors)
  jobs.schedule('audit-retention', '41 3 * * *', async () => {
    await dropExpiredAudit(deps)
  })
}
