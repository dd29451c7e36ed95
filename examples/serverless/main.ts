// A handler for any platform that speaks fetch: Lambda behind an adapter, Vercel, Cloudflare, Deno, Bun.
import { Keylease, KeyleaseError } from '@keylease/sdk'
import OpenAI from 'openai'

// Once for each instance: a lease outlives the request, survives a freeze, and is renewed when it thaws too late.
const keylease = new Keylease({ timeoutMs: 3_000 })
const openai = new OpenAI(keylease.openai())

interface Context {
  /** Lets work go on after the answer, where the platform has a way. */
  waitUntil?(work: Promise<unknown>): void
}

export default async function handle(request: Request, context: Context = {}): Promise<Response> {
  const user = request.headers.get('x-user-id') ?? 'unknown'
  const input = await request.text()
  try {
    const { output_text } = await keylease.with({ user }, () => openai.responses.create({ model: 'gpt-5-mini', input }))
    return new Response(output_text)
  } catch (error) {
    const refusal = KeyleaseError.from(error)
    if (!refusal) throw error
    return Response.json({ error: refusal.code }, { status: refusal.retryable ? 503 : 403 })
  } finally {
    // The instance may be frozen from here on, with whatever is not reported yet.
    const reported = keylease.flush()
    if (context.waitUntil) context.waitUntil(reported)
    else await reported
  }
}
