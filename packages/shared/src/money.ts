import { z } from 'zod'

/** What a Postgres bigint holds. */
const maximumNanos = 2n ** 63n - 1n

/** Money as answers hold it: text, so that a replay repeats it to the letter. */
export const NanosText = z
  .string()
  .regex(/^(?:0|[1-9]\d{0,18})$/, 'must be a whole number of nano-dollars as a decimal string')
  .meta({ example: '1234500' })

/** Money in nano-dollars: a bigint inside, a decimal string on the wire, in exactly one spelling per amount. */
export const Nanos = z.codec(NanosText, z.bigint().min(0n).max(maximumNanos, `must be at most ${maximumNanos}`), {
  decode: BigInt,
  encode: String,
})
export type Nanos = z.infer<typeof Nanos>
