import { systemClock } from '../clock'
import { Keylease } from '../keylease'
import type { Report } from './reports'
import { MemoryService, type TestRefusal } from './service'

export type { Report } from './reports'
export type { TestRefusal } from './service'

export interface TestOptions {
  /** Stands in for every provider. The credential of its requests is `test-credential`. */
  respond(request: Request): Response | Promise<Response>
}

const url = 'http://keylease.test'

/**
 * A Keylease for unit tests: everything of the real one, with the service in memory and the providers answered by the test. Nothing
 * leaves the process.
 */
export class TestKeylease extends Keylease {
  /** What was sent to providers. */
  readonly requests: readonly Request[]
  readonly #service: MemoryService

  constructor({ respond }: TestOptions) {
    const service = new MemoryService()
    const requests: Request[] = []
    const send: typeof fetch = async (input, init) => {
      const request = new Request(input, init)
      if (request.url.startsWith(`${url}/`)) return service.respond(request)
      requests.push(request.clone())
      return untilAborted(respond(request), request.signal)
    }
    super({ url, token: 'test-token', fetch: send, delivery: 'gateway', spool: false }, systemClock, (_url, _headers, on) => {
      const close = service.listen(on.text)
      return {
        close() {
          close()
          on.end()
        },
      }
    })
    this.#service = service
    this.requests = requests
  }

  /** What the service knows of the calls that have ended. */
  async reports(): Promise<readonly Report[]> {
    await this.flush()
    return this.#service.reports
  }

  /** Providers under a lease that is live. */
  get leased(): readonly string[] {
    return [...this.#service.live.values()]
  }

  /** From now on every lease that is asked for is refused so: a budget, a grant. Null ends it. Leases that are held stay. */
  refuse(refusal: TestRefusal | null): void {
    this.#service.refusal = refusal
  }

  /** Ends every lease; with `cut`, the calls under them too. */
  revoke(inFlight: 'finish' | 'cut' = 'finish'): void {
    this.#service.revokeAll(inFlight)
  }
}

/** A connection ends when its caller leaves, whatever the other side is doing. */
function untilAborted(answer: Response | Promise<Response>, signal: AbortSignal): Promise<Response> {
  return new Promise((resolve, reject) => {
    const stop = () => reject(signal.reason)
    if (signal.aborted) return stop()
    signal.addEventListener('abort', stop, { once: true })
    Promise.resolve(answer)
      .then(resolve, reject)
      .finally(() => signal.removeEventListener('abort', stop))
  })
}
