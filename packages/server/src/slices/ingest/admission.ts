import type { Clock } from '../../platform/clock'
import { AppError } from '../../platform/errors'

/** What a body may take while it is here, as far as it is known. */
interface Place {
  /** Its size so far; what was asked for before is part of it. */
  grow(bytes: number): void
  leave(): void
}

export interface Admission {
  enter(organizationId: string, expectedBytes: number): Place
}

interface Load {
  bytes: number
  requests: number
}

export interface AdmissionLimits {
  bytes: number
  requests: number
}

/** Of a body whose length is not told. */
const leastBytes = 64 * 1024
/** How long an organization that was turned away is kept room for; exporters come back within five seconds. */
const waitingMs = 5_000
const longestRetrySeconds = 3

/**
 * Bodies of all organizations together stay within the limits of this process, from their first byte to their answer.
 * One organization has at most half of them while another is here, or was just turned away.
 */
export function createAdmission(clock: Clock, limits: AdmissionLimits): Admission {
  const total: Load = { bytes: 0, requests: 0 }
  const loads = new Map<string, Load>()
  const waiting = new Map<string, number>()

  const isContended = (organizationId: string) => {
    for (const [other, untilMs] of waiting) if (untilMs <= clock.monotonicMs()) waiting.delete(other)
    const isOther = (other: string) => other !== organizationId
    return loads.keys().some(isOther) || waiting.keys().some(isOther)
  }

  const take = (organizationId: string, added: Load) => {
    const own = loads.get(organizationId) ?? { bytes: 0, requests: 0 }
    const part = isContended(organizationId) ? 0.5 : 1
    if (!fits(total, added, limits, 1) || !fits(own, added, limits, part)) {
      waiting.set(organizationId, clock.monotonicMs() + waitingMs)
      throw new AppError('overloaded', {
        message: 'More telemetry is on its way than this service takes at once. Send it again in a moment.',
        retryAfterSeconds: 1 + Math.floor(Math.random() * longestRetrySeconds),
      })
    }
    for (const load of [total, own]) add(load, added, 1)
    loads.set(organizationId, own)
  }

  const giveBack = (organizationId: string, taken: Load) => {
    add(total, taken, -1)
    const own = loads.get(organizationId)
    if (!own) return
    add(own, taken, -1)
    if (own.requests === 0) loads.delete(organizationId)
  }

  return {
    enter(organizationId, expectedBytes) {
      const taken: Load = { bytes: Math.max(leastBytes, expectedBytes), requests: 1 }
      take(organizationId, taken)
      waiting.delete(organizationId)
      return {
        grow(bytes) {
          if (bytes <= taken.bytes) return
          take(organizationId, { bytes: bytes - taken.bytes, requests: 0 })
          taken.bytes = bytes
        },
        leave: () => giveBack(organizationId, taken),
      }
    },
  }
}

const fits = (load: Load, added: Load, limits: AdmissionLimits, part: number) =>
  load.bytes + added.bytes <= limits.bytes * part && load.requests + added.requests <= limits.requests * part

function add(load: Load, added: Load, sign: 1 | -1): void {
  load.bytes += sign * added.bytes
  load.requests += sign * added.requests
}
