import { AppError } from '../errors'

/** The guard's refusal: one sentence that never repeats the URL. */
export class UrlNotAllowed extends AppError {
  constructor(reason: string) {
    super('url_not_allowed', { message: `This URL is not allowed: ${reason}. Use a public https address.` })
  }
}

/** Why no usable answer came: nobody there, too slow, or not HTTP. */
export class OutboundFailure extends Error {
  override readonly name = 'OutboundFailure'
  readonly reason: 'unreachable' | 'timeout' | 'broken'

  constructor(reason: 'unreachable' | 'timeout' | 'broken', cause?: unknown) {
    super(failureMessages[reason], { cause })
    this.reason = reason
  }
}

const failureMessages = {
  unreachable: 'no connection could be made',
  timeout: 'no answer came in time',
  broken: 'the connection broke or its answer was not HTTP',
}
