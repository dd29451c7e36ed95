export interface RunArguments {
  /** Empty: those that most programs use, as far as the agent may. */
  providers: readonly string[]
  command: string
  arguments: readonly string[]
}

export const usage = `Usage: keylease run [--provider ID]... -- COMMAND [ARGUMENT...]

Runs a program in any language under leased keys. It finds a base URL and a token for each provider in its environment, under the
names that the provider's own clients read (OPENAI_BASE_URL and OPENAI_API_KEY, ...), and never a key. Leases are renewed while it
runs and given back when it ends.

  --provider ID   one that the program uses, as openai or anthropic; may be repeated. Without it: openai, anthropic and google, as far
                  as the agent may use them.

KEYLEASE_TOKEN is the agent's token, KEYLEASE_URL is where the service is; KEYLEASE_SPOOL names a directory where reports survive a crash.`

/** Null where what was written is no command. */
export function readArguments(given: readonly string[]): RunArguments | null {
  const [verb, ...rest] = given
  const end = rest.indexOf('--')
  const [command, ...parameters] = end < 0 ? [] : rest.slice(end + 1)
  const providers = readProviders(rest.slice(0, Math.max(0, end)))
  if (verb !== 'run' || command === undefined || !providers) return null
  return { providers, command, arguments: parameters }
}

function readProviders(options: readonly string[]): string[] | null {
  const providers: string[] = []
  for (let i = 0; i < options.length; i++) {
    const [name, value = options[++i]] = (options[i] ?? '').split('=', 2)
    if (name !== '--provider' || !value) return null
    providers.push(value)
  }
  return [...new Set(providers)]
}
