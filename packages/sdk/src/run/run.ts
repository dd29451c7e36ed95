import { runCommand } from './run-command'

const { code, signal } = await runCommand(process.argv.slice(2), (text) => void process.stderr.write(`${text}\n`))
// A program that a signal ended looks so to whoever started us.
if (signal) process.kill(process.pid, signal)
else process.exit(code ?? 1)
