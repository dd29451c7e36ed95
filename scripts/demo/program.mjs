import { spawn } from 'node:child_process'
import { cleanEnv, isWindows, ScriptError, workspaceNode } from '../workspace/run.mjs'

/**
 * Starts a program of the demo on the workspace's Node. In a group of its own, for Ctrl-C is ours to pass on; over the channel it learns
 * that we are gone, even when nobody could tell it.
 */
export function startProgram(name, args, env = {}) {
  const child = spawn(workspaceNode, args, {
    env: { ...cleanEnv(), ...env },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    detached: !isWindows,
  })
  let said = ''
  const listeners = new Set()
  const hear = (chunk) => {
    said += chunk
    for (const listener of listeners) listener()
  }
  child.stdout.on('data', hear)
  child.stderr.on('data', hear)
  const ended = new Promise((resolve) => child.once('exit', resolve))
  return {
    ended,
    /** The first thing it says that matches. */
    find: (pattern) =>
      new Promise((resolve, reject) => {
        const look = () => {
          const found = pattern.exec(said)
          if (found) resolve(found[1])
        }
        listeners.add(look)
        look()
        ended.then(() => reject(new ScriptError(`The ${name} ended before it was ready:\n${said.trim()}`)))
      }),
    /** All that it says from now on goes to the terminal. */
    show: () => listeners.add(() => process.stdout.write(takeAll())),
    async stop() {
      if (child.connected) child.disconnect()
      await ended
    },
  }

  function takeAll() {
    const all = said
    said = ''
    return all
  }
}
