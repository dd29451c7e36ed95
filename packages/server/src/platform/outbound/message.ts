export interface OutboundRequest {
  method?: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  headers?: Record<string, string>
  body?: string | Uint8Array
  signal?: AbortSignal
}

export interface OutboundAnswer {
  status: number
  headers: Readonly<Record<string, string>>
  /** At most 1 MiB of it. */
  body: Buffer
}
