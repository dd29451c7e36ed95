#!/usr/bin/env node
import { parseArgs } from 'node:util'
import { StartError } from '../env'
import { version } from '../version'
import { migrate } from './migrate'
import { rotateRootKeyCommand } from './rotate'
import { status } from './status'
import { up } from './up'

const usage = `Usage: keylease COMMAND

  up                       start everything and serve until Ctrl-C
  migrate [--print-roles]  bring the database to this release; or print the SQL that creates the roles
  status                   is it running, does the database answer, is it up to date
  root-key rotate          wrap every key with a new root key, while the service runs
  help                     this text
  version                  the version of this program

Variables such as PORT, DATABASE_URL and KEYLEASE_DATA_DIR configure every command alike.
`

const commands: Record<string, (options: { printRoles: boolean }) => Promise<number>> = {
  up,
  migrate,
  status,
  'root-key rotate': rotateRootKeyCommand,
  help: () => print(usage),
  version: () => print(`${version}\n`),
}

async function print(text: string): Promise<number> {
  process.stdout.write(text)
  return 0
}

async function run(args: string[]): Promise<number> {
  const parsed = parseCommand(args)
  const command = parsed && Object.hasOwn(commands, parsed.name) ? commands[parsed.name] : undefined
  if (parsed && command) return command({ printRoles: parsed.printRoles })
  process.stderr.write(usage)
  return 2
}

function parseCommand(args: string[]): { name: string; printRoles: boolean } | undefined {
  const options = {
    help: { type: 'boolean', short: 'h' },
    version: { type: 'boolean', short: 'v' },
    'print-roles': { type: 'boolean' },
  } as const
  try {
    const { values, positionals } = parseArgs({ args, options, allowPositionals: true })
    const name = positionals.join(' ')
    const printRoles = values['print-roles'] === true
    if (printRoles && name !== 'migrate') return undefined
    if (values.help) return { name: 'help', printRoles }
    return { name: values.version ? 'version' : name, printRoles }
  } catch {
    return undefined
  }
}

/** What was foreseen is one sentence. What was not is one as well: the log has the rest. */
function explain(error: unknown): string {
  if (error instanceof StartError) return error.message
  const reason = error instanceof Error ? error.message.split('\n')[0] : String(error)
  return `Keylease stopped for a reason that it did not foresee (${reason}); the log has the details.`
}

try {
  process.exitCode = await run(process.argv.slice(2))
} catch (error) {
  process.stderr.write(`${explain(error)}\n`)
  process.exitCode = 1
}
// A socket that a library keeps open must not keep a finished command alive.
process.exit()
