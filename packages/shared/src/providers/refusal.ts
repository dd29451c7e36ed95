export interface RefusalFacts {
  status: number
  code: string
  message: string
}

/** An error of ours in the words of each provider's own error body, so that its client reads it as one. */
export function toRefusalBody(provider: string, refusal: RefusalFacts): Record<string, unknown> {
  return (bodies[provider] ?? toOpenaiBody)(refusal)
}

const toOpenaiBody = ({ code, message }: RefusalFacts) => ({ error: { message, type: 'keylease_error', param: null, code } })

const toGoogleBody = ({ status, code, message }: RefusalFacts) => ({
  error: { code: status, message, status: toGoogleStatus(status), reason: code },
})

const toGoogleStatus = (status: number) => (status === 429 ? 'RESOURCE_EXHAUSTED' : status === 503 ? 'UNAVAILABLE' : 'PERMISSION_DENIED')

const bodies: Readonly<Record<string, (refusal: RefusalFacts) => Record<string, unknown>>> = {
  anthropic: ({ status, code, message }) => ({
    type: 'error',
    error: { type: status === 429 ? 'rate_limit_error' : status === 503 ? 'overloaded_error' : 'permission_error', message, code },
  }),
  google: toGoogleBody,
  vertex: toGoogleBody,
  bedrock: ({ code, message }) => ({ message, __type: code }),
  cohere: ({ code, message }) => ({ message, code }),
  mistral: ({ code, message }) => ({ object: 'error', message, type: 'keylease_error', param: null, code }),
}
