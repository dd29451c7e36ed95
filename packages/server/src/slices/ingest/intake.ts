import { availableParallelism } from 'node:os'
import type { Clock } from '../../platform/clock'
import { type Admission, type AdmissionLimits, createAdmission } from './admission'
import { createDecodePool, type DecodePool } from './decode-pool'

/** What one process takes in at a time, and the threads that read it. */
export interface Intake {
  admission: Admission
  decoder: DecodePool
  /** How long a body may take to arrive. */
  arrivalMs: number
}

interface IntakeOptions {
  limits?: AdmissionLimits
  arrivalMs?: number
  /** The built service has the program of its threads beside it. */
  worker?: URL
}

const defaultLimits = { bytes: 256 * 1024 * 1024, requests: 512 }
const defaultArrivalMs = 30_000

export function createIntake(clock: Clock, options: IntakeOptions = {}): Intake {
  const threads = Math.min(4, Math.max(1, Math.floor(availableParallelism() / 2)))
  return {
    admission: createAdmission(clock, options.limits ?? defaultLimits),
    decoder: createDecodePool(options.worker ?? new URL('./decode-worker.js', import.meta.url), threads),
    arrivalMs: options.arrivalMs ?? defaultArrivalMs,
  }
}
