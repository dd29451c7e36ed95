import { accessSync, constants, existsSync, mkdirSync, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { cleanEnv, isWindows, root, runCommand, ScriptError } from './run.mjs'

/** Runs the pinned pnpm: the machine's own of the same major version, else one that npm fetches. */
export async function runPnpm(args, options = {}) {
  const [command, ...first] = await findPnpm()
  return runCommand(command, [...first, ...args], { ...options, shell: true, spawn: { env: pnpmEnv() } })
}

let found

async function findPnpm() {
  found ??= detectPnpm()
  return found
}

async function detectPnpm() {
  const pin = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).packageManager.replace(/\+.*/, '')
  const major = pin.split('@')[1].split('.')[0]
  // Outside the workspace pnpm answers with its own version, not with the pin.
  const own = await runCommand('pnpm', ['--version'], {
    capture: true,
    shell: true,
    spawn: { env: pnpmEnv(), cwd: isWindows ? undefined : '/' },
  })
  if (own.code === 0 && own.output.trim().split('.')[0] === major) return ['pnpm']
  const npmScript = process.env.npm_execpath
  const npm = npmScript?.endsWith('npm-cli.js') ? [process.execPath, npmScript] : ['npm']
  const probe = await runCommand(npm[0], [...npm.slice(1), '--version'], { capture: true, shell: true })
  if (probe.code !== 0) throw new ScriptError(`Neither pnpm ${major} nor npm is on the PATH: install Node.js with npm and run this again.`)
  return [...npm, 'exec', '--yes', '--prefer-offline', `--package=${pin}`, '--', 'pnpm']
}

function pnpmEnv() {
  const env = {
    ...cleanEnv(),
    COREPACK_ENABLE_DOWNLOAD_PROMPT: '0',
    COREPACK_ENABLE_STRICT: '0',
    npm_config_manage_package_manager_versions: 'false',
  }
  return isWritable(homedir()) ? env : { ...env, ...replacementHome() }
}

/** Users without a home of their own (services, containers) keep the package cache in the workspace. */
function replacementHome() {
  const home = join(root, 'node_modules', '.home')
  mkdirSync(home, { recursive: true })
  const settings = join(homedir(), '.npmrc')
  return { HOME: home, USERPROFILE: home, ...(existsSync(settings) ? { npm_config_userconfig: settings } : {}) }
}

function isWritable(directory) {
  try {
    accessSync(directory, constants.W_OK)
    return true
  } catch {
    return false
  }
}
