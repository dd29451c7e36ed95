import nodemailer from 'nodemailer'
import type { Env } from '../env'
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

export function createMail(env: Pick<Env, 'smtpUrl' | 'publicUrl'>, log: Log): Mail {
  if (!env.smtpUrl) return { isConfigured: false, send: () => undefined }
  const from = `Keylease <keylease@${env.publicUrl?.hostname ?? 'localhost'}>`
  const transport = nodemailer.createTransport(env.smtpUrl.reveal())
  return {
    isConfigured: true,
    send(message) {
      transport.sendMail({ from, ...message }).catch((error: unknown) => log.error({ err: error }, 'a mail could not be sent'))
    },
  }
}
