import type { Granularity } from '@keylease/shared/contracts/usage-timeseries'
import { AppError } from '../../../platform/errors'
import type { Period } from './period'
import { findRollups, type Question, type RollupSource } from './question'
import { type Cover, coverByEvents, coverByHours, coverBySums } from './segments'

/** How a question is answered over a range. */
export interface Plan extends Cover {
  organizationId: string
  timeZone: string
  question: Question
  /** Null where single calls answer it. */
  rollups: RollupSource | null
}

interface Circumstances {
  organizationId: string
  now: Date
  /** How long single calls and quarter hours are kept. */
  retentionDays: number
  granularity?: Granularity
}

const dayMs = 86_400_000

/** Single calls and quarter hours are dropped by whole days in UTC. */
export const findHorizon = ({ now, retentionDays }: Pick<Circumstances, 'now' | 'retentionDays'>) =>
  new Date(Math.floor(now.getTime() / dayMs - retentionDays) * dayMs)

export function planAnswer(period: Period, question: Question, circumstances: Circumstances): Plan {
  const { organizationId, now, granularity } = circumstances
  const horizon = findHorizon(circumstances)
  const rollups = findRollups(question)
  const fine = granularity === 'quarter' || granularity === 'hour' ? granularity : null
  if ((rollups === null || fine) && period.from < horizon) throw refuseOld(horizon, fine !== null)
  const plan = { organizationId, timeZone: period.timeZone, question, rollups }
  if (rollups === null) return { ...plan, ...coverByEvents(period) }
  return { ...plan, ...(fine ? coverByHours(period, now, fine) : coverBySums(period, now, horizon, granularity)) }
}

/** The same range in the same parts, told together. */
export function planWhole(plan: Plan, isPerTag = false): Plan {
  const question = { ...plan.question, groups: [], isPerTag }
  const rollups = plan.rollups && findRollups(question)
  return { ...plan, question, rollups }
}

function refuseOld(horizon: Date, isFine: boolean): AppError {
  const earliest = horizon.toISOString()
  const way = isFine ? 'take days or longer' : 'filter and group by one dimension, or by agent, key or project with model'
  return new AppError('range_too_wide', {
    message: `What is asked for is kept from ${earliest} on: begin there or later, or ${way}.`,
    details: { earliest },
  })
}
