// node examples/financial-data/main.ts AAPL MSFT: providers without a client of their own are called with a leased fetch.
import { Keylease, KeyleaseError } from '@keylease/sdk'

interface Quote {
  /** The current price. */
  c: number
  /** The change since yesterday in percent. */
  dp: number
}

await using keylease = new Keylease()
const finnhub = keylease.fetch('finnhub')
const symbols = process.argv.slice(2)

async function getQuote(symbol: string): Promise<Quote> {
  const answer = await finnhub(`https://finnhub.io/api/v1/quote?symbol=${encodeURIComponent(symbol)}`)
  if (!answer.ok) throw new Error(`Finnhub answered ${answer.status} for ${symbol}.`)
  return (await answer.json()) as Quote
}

try {
  const quotes = await keylease.with({ tags: ['quotes'] }, () => Promise.all((symbols.length > 0 ? symbols : ['AAPL']).map(getQuote)))
  for (const { c, dp } of quotes) process.stdout.write(`${c.toFixed(2)} ${dp >= 0 ? '+' : ''}${dp.toFixed(2)} %\n`)
} catch (error) {
  // Outside a provider's client a refusal is thrown as what it is.
  if (!KeyleaseError.is(error)) throw error
  process.stderr.write(`${error.code}: ${error.message}\n`)
  process.exitCode = 1
}
