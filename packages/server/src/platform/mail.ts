import nodemailer from 'nodemailer'
import type { Env } from '../env'
import { isLoopback } from './bind'
import type { Log } from './log'

interface Message {
  to: string
  subject: string
  text: string
}

export interface Mail {
  isConfigured: boolean
  /** Returns at once: how long a mail server takes tells nobody whether the address is known. Failures are logged without the message. */
  send(message: Message): void
}

const timeouts = { dnsTimeout: 10_000, connectionTimeout: 10_000, greetingTimeout: 10_000, socketTimeout: 30_000 }

export function createMail(env: Pick<Env, 'smtpUrl' | 'smtpFrom' | 'publicUrl'>, log: Log): Mail {
  if (!env.smtpUrl) return { isConfigured: false, send: () => undefined }
  const from = env.smtpFrom ?? `Keylease <keylease@${env.publicUrl?.hostname ?? 'localhost'}>`
  const url = env.smtpUrl.reveal()
  const transport = nodemailer.createTransport({ url, requireTLS: needsTls(new URL(url)), ...timeouts })
  return {
    isConfigured: true,
    send(message) {
      void (async () => transport.sendMail({ from, ...message }))().catch((error: unknown) => logFailure(log, error))
    },
  }
}

/** A password goes over the wire in the clear on this machine alone. */
const needsTls = ({ protocol, password, hostname }: URL) =>
  protocol === 'smtp:' && password !== '' && !isLoopback(hostname.replace(/^\[|\]$/g, ''))

const reasons: Record<string, string> = {
  EAUTH: 'it refused the user or the password of KEYLEASE_SMTP_URL',
  ENOAUTH: 'it asks for a user and a password; add them to KEYLEASE_SMTP_URL',
  EDNS: 'the host of KEYLEASE_SMTP_URL has no address',
  ESOCKET: 'it cannot be reached at the address of KEYLEASE_SMTP_URL',
  ECONNECTION: 'it cannot be reached at the address of KEYLEASE_SMTP_URL',
  ETIMEDOUT: 'it does not answer',
  ETLS: 'TLS with it failed, or its certificate is not trusted',
  EENVELOPE: 'it refused the sender or the recipient; KEYLEASE_SMTP_FROM sets the sender',
  EMESSAGE: 'it refused the message',
}

/** What a server says may repeat what it was told, so only its codes are written down. */
function logFailure(log: Log, error: unknown): void {
  const { code = '', syscall, responseCode } = error as { code?: string; syscall?: string; responseCode?: number }
  // A socket error that no system call made is one of the TLS handshake.
  const reason = reasons[code === 'ESOCKET' && !syscall ? 'ETLS' : code]
  log.error({ code, responseCode }, `a mail was not delivered to the mail server: ${reason ?? 'it failed'}`)
}
