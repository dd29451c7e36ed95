import { spawn } from 'node:child_process'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))))
export const isWindows = process.platform === 'win32'
export const workspaceNode = join(root, 'node_modules', 'node', 'bin', isWindows ? 'node.exe' : 'node')

/** A failure whose message is the one sentence that the operator reads. */
export class ScriptError extends Error {}

/** The environment without what `npm run` adds: pnpm would take npm's settings for its own. */
export function cleanEnv() {
  const kept = /^npm_config_(registry|userconfig|cafile|proxy|https_proxy|noproxy)$/i
  const entries = Object.entries(process.env).filter(([name]) => !/^npm_/i.test(name) || kept.test(name))
  const path = process.env.PATH ?? process.env.Path ?? ''
  const bin = join(root, 'node_modules', '.bin')
  return {
    ...Object.fromEntries(entries),
    PATH: `${bin}${isWindows ? ';' : ':'}${path}`,
    CI: process.env.CI ?? '1',
    TURBO_TELEMETRY_DISABLED: '1',
    CHECKPOINT_DISABLE: '1',
  }
}

/** Runs to the end and gives the exit code and, when captured, what was printed. */
export function runCommand(command, args, options = {}) {
  const stdio = options.capture ? ['ignore', 'pipe', 'pipe'] : ['ignore', 'inherit', 'inherit']
  const shell = isWindows && options.shell === true
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: root, env: cleanEnv(), ...options.spawn, stdio, shell })
    let output = ''
    const collect = (chunk) => {
      output += chunk
    }
    child.stdout?.on('data', collect)
    child.stderr?.on('data', collect)
    const release = endWith(child)
    const settle = (result) => {
      release()
      resolve(result)
    }
    child.on('error', (error) => settle({ code: 127, output: `${output}${error.message}` }))
    child.on('close', (code) => settle({ code: code ?? 1, output }))
  })
}

/** A signal to the script ends what it runs, and then the script. */
function endWith(child) {
  const pass = (signal) => {
    child.once('close', () => process.exit(signal === 'SIGINT' ? 130 : 143))
    child.kill(signal)
  }
  process.once('SIGINT', pass)
  process.once('SIGTERM', pass)
  return () => {
    process.off('SIGINT', pass)
    process.off('SIGTERM', pass)
  }
}

export function formatSeconds(startedMs) {
  return `(${((performance.now() - startedMs) / 1000).toFixed(1)} s)`
}

/** Ends a script: one sentence and exit code 1 for what was foreseen, and for what was not. */
export function failWith(error) {
  process.stderr.write(`${error instanceof ScriptError ? error.message : `The script failed: ${error?.message ?? error}.`}\n`)
  process.exitCode = 1
}
