/** A request that a key authorises. It goes to the base URL of the key and nowhere else. */
export interface AuthorisedRequest {
  method: string
  url: string
  headers: Record<string, string>
  body: Uint8Array<ArrayBuffer> | null
}
