import { type DestinationStream, type Logger, pino } from 'pino'
import { openLogFile } from './log/file'
import { gatherLines } from './log/gathered'
import { redact } from './log/redaction'

export type Log = Logger
/** What a log does for work that may run in another thread. */
export type ThreadLog = Record<'debug' | 'warn' | 'error', (fields: object, message: string) => void>
export type LogTarget = 'stdout' | { file: string } | DestinationStream

/** JSON lines on standard output, in a file that rotates by size, or into a stream. Secrets are taken out of every record. */
export function createLog(options: { to: LogTarget; level?: string }): Log {
  return pino(
    {
      level: options.level ?? 'info',
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }), log: redact, bindings: redact },
      serializers: { err: (value: unknown) => value },
    },
    openTarget(options.to),
  )
}

function openTarget(to: LogTarget): DestinationStream {
  if (to === 'stdout') return gatherLines(pino.destination({ fd: 1, sync: true }))
  return 'file' in to ? gatherLines(openLogFile(to.file)) : to
}
