interface Zlib {
  gzip(
    body: string,
    options: { level: number; chunkSize: number },
    done: (error: Error | null, zipped: Uint8Array<ArrayBuffer>) => void,
  ): void
}

interface Runtime {
  process?: { getBuiltinModule?(name: string): Zlib | undefined }
  CompressionStream?: typeof CompressionStream
}

export interface Zipped {
  body: Uint8Array<ArrayBuffer> | string
  headers: Record<string, string>
}

/** A batch fits: each chunk is one more turn of another thread. */
const chunkBytes = 64 * 1024
const gzipped = { 'content-encoding': 'gzip' }

/** zlib where the runtime has it, for its fastest level; else the web's own; else the text as it is. */
export async function gzip(text: string): Promise<Zipped> {
  const runtime = globalThis as Runtime
  const zlib = runtime.process?.getBuiltinModule?.('node:zlib')
  if (zlib) {
    const body = await new Promise<Uint8Array<ArrayBuffer>>((resolve, reject) => {
      zlib.gzip(text, { level: 1, chunkSize: chunkBytes }, (error, zipped) => (error ? reject(error) : resolve(zipped)))
    })
    return { body, headers: gzipped }
  }
  if (!runtime.CompressionStream) return { body: text, headers: {} }
  const stream = new Blob([text]).stream().pipeThrough(new runtime.CompressionStream('gzip'))
  return { body: new Uint8Array(await new Response(stream).arrayBuffer()), headers: gzipped }
}
