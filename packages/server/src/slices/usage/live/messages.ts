import { z } from 'zod'
import { TeamUsage } from './sums'

const Message = z.object({ sender: z.string(), organizationId: z.string(), teams: z.array(TeamUsage) })
type Message = z.output<typeof Message>

/** NOTIFY takes less than 8,000 bytes; the sums of one team are at most 350. */
const teamsPerMessage = 20

/** Sums add up: what is too long for one message is said in several. */
export function toMessages(sender: string, organizationId: string, teams: readonly TeamUsage[]): string[] {
  const count = Math.ceil(teams.length / teamsPerMessage)
  return Array.from({ length: count }, (_, at) => {
    const some = teams.slice(at * teamsPerMessage, (at + 1) * teamsPerMessage)
    return JSON.stringify({ sender, organizationId, teams: some.map((usage) => ({ ...usage, costNanos: String(usage.costNanos) })) })
  })
}

/** Null is nothing that this release understands. */
export function readMessage(payload: string): Message | null {
  try {
    return Message.parse(JSON.parse(payload))
  } catch {
    return null
  }
}
