const inspect = Symbol.for('nodejs.util.inspect.custom')

/** Holds a secret that prints as `[redacted]` wherever it is logged, joined, serialised or inspected. */
export class Secret {
  readonly #value: string

  constructor(value: string) {
    this.#value = value
  }

  reveal(): string {
    return this.#value
  }

  toString(): string {
    return '[redacted]'
  }

  toJSON(): string {
    return '[redacted]'
  }

  [inspect](): string {
    return '[redacted]'
  }
}
