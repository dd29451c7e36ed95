import { randomBytes } from 'node:crypto'
import { dirname, join, resolve } from 'node:path'
import { rootKeyFileOf } from '../deps'
import type { Env } from '../env'
import type { RunningService } from '../main'
import { version } from '../version'

interface Summary {
  env: Env
  service: RunningService
  seconds: string
  emphasize: (text: string) => string
}

/** What to know once it runs: where it is, how to get in, what to try, where everything lies. */
export function describeService(summary: Summary): string[] {
  const { env, service } = summary
  const url = env.publicUrl?.origin ?? service.url
  const facts: [string, string][] = [
    ['Service', url],
    ['Reference', `${url}/api/docs`],
    ['Credential', describeCredential(env)],
    ...describeOwnerLink(url, service),
    [
      'Try',
      `curl -X POST ${url}/api/v1/projects -H "Authorization: Bearer $KEYLEASE_BOOTSTRAP_TOKEN" -H "Content-Type: application/json" -d '{"name":"checkout"}'`,
    ],
    ...describePlaces(env),
  ]
  return [
    '',
    summary.emphasize(headline(summary)),
    '',
    ...facts.map(([name, text]) => `  ${name.padEnd(11)} ${text}`),
    ...describeRootKeyRisk(env),
    '',
  ]
}

function headline({ service, seconds }: Summary): string {
  if (service.sealedReason === null) return `Keylease ${version} is ready  (${seconds} s)`
  return `Keylease ${version} is sealed and serves nothing but /healthz, /readyz and a status page: ${service.sealedReason}`
}

function describeOwnerLink(url: string, { ownerPath }: RunningService): [string, string][] {
  return ownerPath === null ? [] : [['Owner', `${url}${ownerPath}  makes you the Owner; good once, for 24 hours`]]
}

function describeCredential(env: Env): string {
  if (env.bootstrapToken) return 'KEYLEASE_BOOTSTRAP_TOKEN, as set; it acts with the permissions of an Owner'
  const example = randomBytes(32).toString('base64url')
  return `none yet: stop, then run  export KEYLEASE_BOOTSTRAP_TOKEN=${example}  and start again`
}

function describePlaces(env: Env): [string, string][] {
  const dataDir = resolve(env.dataDir)
  const rootKey: [string, string] = ['Root key', resolve(rootKeyFileOf(env))]
  if (env.database.url) return [['Data', 'the Postgres of DATABASE_URL'], rootKey, ['Logs', 'standard output']]
  return [['Data', join(dataDir, 'postgres')], rootKey, ['Logs', join(dataDir, 'logs')]]
}

function describeRootKeyRisk(env: Env): string[] {
  const isBeside = env.database.url === undefined && dirname(resolve(rootKeyFileOf(env))) === resolve(env.dataDir)
  if (!isBeside) return []
  return [
    '',
    '  The root key lies beside the data that it protects: move the file to another disk, set KEYLEASE_ROOT_KEY_FILE to it, and keep a copy offline.',
  ]
}
