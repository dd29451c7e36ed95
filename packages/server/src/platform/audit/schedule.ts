import { join } from 'node:path'
import type { Deps } from '../../deps'
import type { Jobs } from '../jobs'
import { createAnchorSender } from './anchors'
import { createCheckpointThread } from './checkpoint-thread'
import { dropExpiredAudit } from './retention'

/** What turns the trail into evidence, once across replicas. What is answered is called when the jobs have stopped. */
export function scheduleEvidence(jobs: Jobs, deps: Deps, systemUrl: string): () => Promise<void> {
  const thread = createCheckpointThread(new URL('./checkpoint-worker.js', import.meta.url), {
    url: systemUrl,
    key: deps.keyring.current('audit'),
    log: deps.log,
  })
  const sendAnchors = createAnchorSender({ ...deps, file: join(deps.env.dataDir, 'audit', 'anchors.jsonl'), url: deps.env.auditAnchorUrl })
  jobs.loop('audit-checkpoints', 1_000, thread.checkpointAll)
  jobs.loop('audit-anchors', 1_000, sendAnchors)
  jobs.schedule('audit-retention', '41 3 * * *', async () => {
    await dropExpiredAudit(deps)
  })
  return thread.close
}
