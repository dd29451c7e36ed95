/** The answer with another body: it came from where the original came from, and so did its copies. */
export class MeteredResponse extends Response {
  readonly #original: Response

  constructor(body: ReadableStream<Uint8Array> | null, original: Response) {
    super(body, original)
    this.#original = original
  }

  override get url(): string {
    return this.#original.url
  }

  override get redirected(): boolean {
    return this.#original.redirected
  }

  override get type(): ResponseType {
    return this.#original.type
  }

  override clone(): Response {
    return new MeteredResponse(super.clone().body, this.#original)
  }
}
