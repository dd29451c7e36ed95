export interface Login {
  user: string
  password: string
}

/** The user and password of a Postgres URL; both may also stand in its query, as for a socket. */
export function readLogin(text: string): Login {
  const url = new URL(text)
  return {
    user: url.searchParams.get('user') ?? decodeURIComponent(url.username),
    password: url.searchParams.get('password') ?? decodeURIComponent(url.password),
  }
}

/** The same server and database with another login. */
export function withLogin(text: string, login: Login): string {
  const url = new URL(text)
  url.searchParams.delete('user')
  url.searchParams.delete('password')
  if (url.host) {
    url.username = encodeURIComponent(login.user)
    url.password = encodeURIComponent(login.password)
  } else {
    url.searchParams.set('user', login.user)
    if (login.password) url.searchParams.set('password', login.password)
  }
  return url.href
}

/** The server of one URL with the login of another. */
export function moveLogin(server: string, login: string): string {
  return withLogin(server, readLogin(login))
}

/** Host and port for a sentence to the operator: never the login. */
export function describeServer(text: string): string {
  const url = new URL(text)
  const host = url.searchParams.get('host') || url.hostname || 'localhost'
  return `${host}:${readPort(text)}`
}

export function readPort(text: string): number {
  const url = new URL(text)
  return Number(url.searchParams.get('port') || url.port || 5432)
}

export function readDatabaseName(text: string): string {
  const url = new URL(text)
  return decodeURIComponent(url.pathname.slice(1)) || readLogin(text).user
}

/** The same server and login with another database. */
export function withDatabase(text: string, name: string): string {
  const url = new URL(text)
  url.pathname = `/${encodeURIComponent(name)}`
  return url.href
}
