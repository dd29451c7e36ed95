import { sketchBuckets } from '@keylease/shared/insights/latency-sketch'
import { powerPlaces } from '../../../platform/postgres/binary-numeric'

const buckets = [...Array(sketchBuckets).keys()]

/** What one call in each bucket adds to a sketch. */
export const sketchUnits = `ARRAY[${buckets.map((bucket) => `1e${powerPlaces * bucket}`).join()}]`

/** The counts of a sketch by bucket: of so many decimal places each, the last bucket first. */
export function readSketch(number: string): number[] {
  const digits = number.padStart(powerPlaces * sketchBuckets, '0')
  return buckets.map((bucket) => {
    const end = digits.length - powerPlaces * bucket
    return Number(digits.slice(end - powerPlaces, end))
  })
}
