import { existsSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { runPnpm } from './workspace/pnpm.mjs'
import { formatSeconds, root, ScriptError, workspaceNode } from './workspace/run.mjs'
import { hashInstall, hashSources, hasStamp, removeStamp, writeStamp } from './workspace/stamps.mjs'

const oldestNode = 18

/** Brings the workspace to what its lockfile and its sources say. Does nothing, quickly, when it is there already. */
export async function bootstrap(report = printStep) {
  if (Number(process.versions.node.split('.')[0]) < oldestNode) {
    throw new ScriptError(`Node ${process.versions.node} is too old to start Keylease: install Node ${oldestNode} or newer.`)
  }
  await install(report)
  await build(report)
}

async function install(report) {
  const wanted = hashInstall()
  if (hasStamp('install', wanted) && isInstalled()) return
  const started = performance.now()
  report('… installing the packages')
  // Written last: an install that is cut short finds no stamp and is done again.
  removeStamp('install')
  removeStamp('build')
  await installPackages()
  writeStamp('install', wanted)
  report(`✓ installed  ${formatSeconds(started)}`)
}

async function installPackages() {
  const args = ['install', '--frozen-lockfile', '--prefer-offline', '--reporter=append-only']
  const first = await runPnpm(args, { capture: true })
  if (first.code === 0 && isInstalled()) return
  if (isOutside(first.output)) throw explainInstall(first.output)
  removeModules()
  const second = await runPnpm(args, { capture: true })
  if (second.code !== 0 || !isInstalled()) throw explainInstall(second.output)
}

async function build(report) {
  const wanted = hashSources()
  if (hasStamp('build', wanted) && existsSync(join(root, 'packages', 'server', 'dist', 'keylease.js'))) return
  const started = performance.now()
  removeStamp('build')
  const result = await runPnpm(['turbo', 'run', 'build', '--output-logs=errors-only'], { capture: true })
  if (result.code !== 0) {
    if (isOutside(result.output)) throw explainInstall(result.output)
    process.stderr.write(result.output)
    throw new ScriptError('The build failed: the lines above say where; correct them and run this again.')
  }
  writeStamp('build', wanted)
  report(`✓ built  ${formatSeconds(started)}`)
}

function isInstalled() {
  return existsSync(workspaceNode) && existsSync(join(root, 'packages', 'server', 'node_modules', 'hono', 'package.json'))
}

const causes = [
  [/ENOSPC|no space left|EDQUOT/i, 'The disk is full: free some space and run this again.'],
  [
    /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH|META_FETCH_FAIL|ERR_PNPM_FETCH|UND_ERR|socket hang up|network/i,
    'The package registry is not reachable: check the network, or the registry and proxy settings of npm, and run this again.',
  ],
  [/EACCES|EPERM|EROFS|permission denied/i, `This user may not write in ${root}: give it the right to, or use a copy of its own.`],
  [
    /ERR_PNPM_OUTDATED_LOCKFILE|frozen-lockfile/i,
    'pnpm-lock.yaml does not match the package.json files: run pnpm install, commit the lockfile and run this again.',
  ],
]

/** Trying again from nothing would not help against these. */
function isOutside(output) {
  return causes.some(([pattern]) => pattern.test(output))
}

function explainInstall(output) {
  const known = causes.find(([pattern]) => pattern.test(output))
  if (known) return new ScriptError(known[1])
  const reason = output.split('\n').find((line) => /ERR_|error/i.test(line)) ?? 'no reason was given'
  return new ScriptError(`Installing the packages failed (${reason.trim()}): delete the node_modules folders and run this again.`)
}

function removeModules() {
  const members = ['packages', 'tests'].flatMap((group) => readdirSync(join(root, group)).map((name) => join(root, group, name)))
  for (const directory of [root, join(root, 'examples'), ...members])
    rmSync(join(directory, 'node_modules'), { recursive: true, force: true })
}

function printStep(line) {
  process.stdout.write(`${line}\n`)
}
