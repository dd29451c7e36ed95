import { spawn } from 'node:child_process'
import { constants } from 'node:os'
import { join } from 'node:path'
import { cleanEnv, isWindows, root, workspaceNode } from './run.mjs'

const program = join(root, 'packages', 'server', 'dist', 'keylease.js')
// A terminal, npm and a supervisor may each deliver the same request to stop.
const sameSignalMs = 1000

/** Runs the service's own program on the workspace's Node and ends as it ends. */
export function runService(args) {
  const env = { ...cleanEnv(), CI: process.env.CI }
  if (env.CI === undefined) delete env.CI
  // Its own process group: Ctrl-C reaches this process alone, which passes it on once. A lost channel tells the service that we are gone.
  const child = spawn(workspaceNode, ['--enable-source-maps', program, ...args], {
    env,
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
    detached: !isWindows,
  })
  forwardSignals(child)
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('exit', (code, signal) => resolve(code ?? 128 + (constants.signals[signal] ?? 0)))
  })
}

function forwardSignals(child) {
  let last = Number.NEGATIVE_INFINITY
  const forward = (signal) => {
    const now = performance.now()
    if (now - last < sameSignalMs) return
    last = now
    // Windows has no signals to pass on; a closed channel asks for the same.
    if (isWindows) child.disconnect()
    else child.kill(signal)
  }
  process.on('SIGINT', forward)
  process.on('SIGTERM', forward)
  forwardLossOf(process.ppid, forward)
}

/** npm may be killed without passing anything on; who starts this file without npm may well go away and leave it running. */
export function forwardLossOf(parent, forward) {
  if (process.env.npm_lifecycle_event === undefined) return
  const watch = setInterval(() => {
    if (process.ppid === parent) return
    clearInterval(watch)
    forward('SIGTERM')
  }, 500)
  watch.unref()
}
