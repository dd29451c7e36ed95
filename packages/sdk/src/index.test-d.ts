import { expectTypeOf } from 'vitest'
import { BudgetExceededError, Keylease, KeyleaseError, type Lease } from './index'

const keylease = new Keylease({ token: 'kl_live_…' })

expectTypeOf(keylease.openai).parameter(0).toEqualTypeOf<{ keyId?: string } | undefined>()
expectTypeOf(keylease.openai()).toEqualTypeOf<{ apiKey: string; fetch: typeof fetch }>()
expectTypeOf(keylease.alphaVantage()).toEqualTypeOf(keylease.openai())
expectTypeOf(keylease.cohere()).toExtend<{ token: string }>()
expectTypeOf(keylease.bedrock({ region: 'us-east-1' })).toExtend<{ region: string }>()
// @ts-expect-error: AWS signs for a region.
keylease.bedrock()
// @ts-expect-error: options lead where the leased key belongs, and nowhere else.
keylease.openai({ baseURL: 'https://api.example' })

expectTypeOf(keylease.fetch('finnhub')).toEqualTypeOf<typeof fetch>()
expectTypeOf(keylease.lease('openai', { models: ['gpt-5-mini'] })).resolves.toEqualTypeOf<Lease>()
expectTypeOf(keylease.with({ user: 'u-7' }, async () => 1)).resolves.toEqualTypeOf<number>()
class Client {
  withOptions(): this {
    return this
  }
}
expectTypeOf(keylease.wrap(new Client())).toEqualTypeOf<Client>()
// @ts-expect-error: there is no such event.
keylease.on('exploded', () => undefined)
keylease.on('revoked', (event) => expectTypeOf(event.leaseId).toEqualTypeOf<string>())
expectTypeOf(KeyleaseError.from).returns.toEqualTypeOf<KeyleaseError | null>()
expectTypeOf(BudgetExceededError).instance.toExtend<KeyleaseError>()
