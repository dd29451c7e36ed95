#!/usr/bin/env node
import { parseArgs } from 'node:util'
import { StartError } from '../env'
import { version } from '../version'
import { verifyAudit } from './audit-verify'
import { migrate } from './migrate'
import { printOwnerLink } from './owner-link'
import { type RecountLine, recount } from './recount'
import { rotateRootKeyCommand } from './rotate'
import { status } from './status'
import { up } from './up'
import { resetUser } from './user-reset'

const usage = `Usage: keylease COMMAND

  up                       start everything and serve until Ctrl-C
  migrate [--print-roles]  bring the database to this release; or print the SQL that creates the roles
  status                   is it running, does the database answer, is it up to date
  root-key rotate          wrap every key with a new root key, while the service runs
  owner link               print a new one-time link that makes an Owner
  user reset EMAIL [--factors]
                           print a one-time link for a new password; ends sessions and lock-outs;
                           --factors also removes a lost authenticator app and passkeys
  recount [--organization ID] [--from DAY] [--to DAY] [--repair]
                           count the usage ledger anew and compare the sums with it; put them right with --repair
  audit verify FILE [--anchor FILE]
                           prove an export of the audit trail, without the service
  help                     this text
  version                  the version of this program

Variables such as PORT, DATABASE_URL and KEYLEASE_DATA_DIR configure every command alike.
`

interface CommandLine extends RecountLine {
  name: string
  /** What stands after the name of the command. */
  operands: string[]
  printRoles: boolean
  anchor: string | undefined
  factors: boolean
}

const commands: Record<string, (line: CommandLine) => Promise<number>> = {
  up,
  migrate,
  status,
  'root-key rotate': rotateRootKeyCommand,
  'owner link': printOwnerLink,
  'user reset': ({ operands: [email = ''], factors }) => resetUser(email, factors),
  recount,
  'audit verify': ({ operands: [file = ''], anchor }) => verifyAudit(file, anchor),
  help: () => print(usage),
  version: () => print(`${version}\n`),
}

/** Commands that take operands, and how many. */
const operandCounts: Record<string, number> = { 'audit verify': 1, 'user reset': 1 }

async function print(text: string): Promise<number> {
  process.stdout.write(text)
  return 0
}

async function run(args: string[]): Promise<number> {
  const parsed = parseCommand(args)
  const command = parsed && Object.hasOwn(commands, parsed.name) ? commands[parsed.name] : undefined
  if (parsed && command && parsed.operands.length === (operandCounts[parsed.name] ?? 0)) return command(parsed)
  process.stderr.write(usage)
  return 2
}

function parseCommand(args: string[]): CommandLine | undefined {
  const options = {
    help: { type: 'boolean', short: 'h' },
    version: { type: 'boolean', short: 'v' },
    'print-roles': { type: 'boolean' },
    anchor: { type: 'string' },
    factors: { type: 'boolean' },
    organization: { type: 'string' },
    from: { type: 'string' },
    to: { type: 'string' },
    repair: { type: 'boolean' },
  } as const
  try {
    const { values, positionals } = parseArgs({ args, options, allowPositionals: true })
    const { name, operands } = splitName(positionals)
    const printRoles = values['print-roles'] === true
    if ((printRoles && name !== 'migrate') || (values.anchor !== undefined && name !== 'audit verify')) return undefined
    const factors = values.factors === true
    if (factors && name !== 'user reset') return undefined
    const { organization, from, to, repair = false } = values
    if ((repair || [organization, from, to].some((value) => value !== undefined)) && name !== 'recount') return undefined
    const line = { operands, printRoles, anchor: values.anchor, factors, organization, from, to, repair }
    if (values.help || values.version) return { ...line, name: values.help ? 'help' : 'version', operands: [] }
    return { ...line, name }
  } catch {
    return undefined
  }
}

/** A command is one word or two; the rest are its operands. */
function splitName(words: string[]): { name: string; operands: string[] } {
  const length = Object.hasOwn(commands, words.slice(0, 2).join(' ')) ? 2 : 1
  return { name: words.slice(0, length).join(' '), operands: words.slice(length) }
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
