import { OAuth2Server } from 'oauth2-mock-server'

export interface TokenIssuer {
  readonly url: string
  readonly server: OAuth2Server
  /** Claims that are undefined are left out; without others a token begins now and lives for an hour. */
  sign(claims: Record<string, unknown>): Promise<string>
  /** Other keys at the same address, as after a rotation that takes the old ones back. */
  replaceKeys(algorithm?: string): Promise<void>
  goAway(): Promise<void>
  comeBack(): Promise<void>
}

/** A real OpenID Connect issuer on this machine. */
export async function openTokenIssuer(now: () => Date = () => new Date()): Promise<TokenIssuer> {
  let server = await createServer('RS256')
  await listen(server)
  const { port } = server.address()
  const url = `http://127.0.0.1:${port}`
  server.issuer.url = url
  const goAway = () => server.stop()
  const comeBack = async () => {
    await listen(server, port)
    server.issuer.url = url
  }
  return {
    url,
    get server() {
      return server
    },
    sign: (claims) =>
      server.issuer.buildToken({
        scopesOrTransform: (_header, payload) => {
          const seconds = Math.floor(now().getTime() / 1_000)
          Object.assign(payload, { iat: seconds, nbf: seconds - 10, exp: seconds + 3_600 }, claims)
        },
      }),
    async replaceKeys(algorithm = 'RS256') {
      await goAway()
      server = await createServer(algorithm)
      await comeBack()
    },
    goAway,
    comeBack,
  }
}

async function createServer(algorithm: string): Promise<OAuth2Server> {
  const server = new OAuth2Server()
  await server.issuer.keys.generate(algorithm)
  return server
}

const listen = (server: OAuth2Server, port?: number) => server.start(port, '127.0.0.1')
