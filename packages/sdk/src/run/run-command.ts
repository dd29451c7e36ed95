import { env } from 'node:process'
import { setTimeout } from 'node:timers/promises'
import { KeyleaseError } from '../errors'
import { Keylease } from '../keylease'
import type { Lease } from '../leases/lease'
import { loadProvider } from '../providers/catalogue'
import { type RunArguments, readArguments, usage } from './arguments'
import { type Ending, runChild } from './child'
import { makeEnvironment, type Offer } from './environment'
import { type Relay, type RelayedProvider, startRelay } from './relay'

/** What most programs use. */
const usualProviders = ['openai', 'anthropic', 'google']
/** As shells say it of a command. */
const notFoundCode = 127
const notAllowedCode = 126
const usageCode = 2
const patienceMs = 5_000

/** Refusals reach the program as its provider's own errors. */
class RunKeylease extends Keylease {
  fetchFor(provider: string): typeof fetch {
    return this.clientFetch(provider)
  }
}

export async function runCommand(given: readonly string[], say: (text: string) => void): Promise<Ending> {
  const asked = readArguments(given)
  if (!asked) {
    say(usage)
    return { code: given.length === 0 || given[0] === '--help' ? 0 : usageCode, signal: null }
  }
  let keylease: RunKeylease | null = null
  try {
    keylease = new RunKeylease()
    keylease.on('degraded', ({ message }) => say(`keylease: ${message}`))
    return await runUnderLeases(keylease, asked)
  } catch (error) {
    if (!KeyleaseError.is(error)) return endOf(error, asked.command, say)
    say(`keylease: ${error.message}`)
    return { code: 1, signal: null }
  } finally {
    // Reports that cannot be sent are on disk where there is a spool: nobody waits longer for them.
    await Promise.race([keylease?.close(), setTimeout(patienceMs, null, { ref: false })])
  }
}

async function runUnderLeases(keylease: RunKeylease, asked: RunArguments): Promise<Ending> {
  const leases = await takeLeases(keylease, asked.providers)
  let relay: Relay | null = null
  try {
    const offers = await Promise.all(leases.map(toOffer))
    relay = await startRelay(offers.map((offer) => toRelayed(keylease, offer)))
    return await runChild(asked, makeEnvironment(env, relay.url, relay.token, offers))
  } finally {
    await relay?.close()
  }
}

/** One for each provider, held while the program runs. What was named has to be granted; of the usual ones, one. */
async function takeLeases(keylease: Keylease, named: readonly string[]): Promise<Lease[]> {
  const taken = await Promise.allSettled((named.length > 0 ? named : usualProviders).map((provider) => keylease.lease(provider)))
  const leases = taken.flatMap((one) => (one.status === 'fulfilled' ? one.value : []))
  const refusals = taken.flatMap((one) => (one.status === 'rejected' ? [one.reason] : []))
  const isEnough = named.length > 0 ? refusals.length === 0 : leases.length > 0
  if (isEnough) return leases
  throw refusals[0]
}

async function toOffer({ provider, baseUrl }: Lease): Promise<Offer> {
  const known = (await loadProvider(provider)).baseUrl
  return { provider, baseUrl: known === null || known.includes('{') ? baseUrl : known }
}

const toRelayed = (keylease: RunKeylease, { provider, baseUrl }: Offer): RelayedProvider => ({
  id: provider,
  origin: new URL(baseUrl).origin,
  fetch: keylease.fetchFor(provider),
})

function endOf(error: unknown, command: string, say: (text: string) => void): Ending {
  const { code } = error as NodeJS.ErrnoException
  if (code !== 'ENOENT' && code !== 'EACCES') throw error
  say(`keylease: ${command} ${code === 'ENOENT' ? 'was not found' : 'may not be run'}.`)
  return { code: code === 'ENOENT' ? notFoundCode : notAllowedCode, signal: null }
}
