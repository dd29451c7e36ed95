const maximumDepth = 6
const awayStates = /^(08...|57P0[1-5]|53[134]00|25006)$/
const awaySockets = /^(ECONN(REFUSED|RESET|ABORTED)|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH)$/
const awayPrisma = /^(P1001|P1002|P1008|P1017|P2024)$/
const awayKinds = /^(DatabaseNotReachable|ConnectionClosed|SocketTimeout|TooManyConnections)$/
// The driver and its pool name these by message alone.
const awayMessages =
  /^(Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error|Client was closed|Unable to start a transaction in the given time|Transaction API error: Unable to start a transaction)/

/** The five characters by which Postgres names an error, whether pg or Prisma carries it. */
export function readSqlState(error: unknown): string | undefined {
  for (const link of chainOf(error)) {
    for (const code of [link['originalCode'], link['code']]) {
      if (typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) && !/^P[12]\d{3}$/.test(code) && !awaySockets.test(code)) return code
    }
  }
  return undefined
}

/** The database cannot be reached, is starting or stopping, or has no connection or room left: trying again later can help. */
export function isDatabaseAway(error: unknown): boolean {
  return chainOf(error).some(({ code, originalCode, kind, message }) => {
    const codes = [code, originalCode].filter((value) => typeof value === 'string')
    if (codes.some((value) => awayStates.test(value) || awaySockets.test(value) || awayPrisma.test(value))) return true
    if (typeof kind === 'string' && awayKinds.test(kind)) return true
    return typeof message === 'string' && awayMessages.test(message)
  })
}

/** Waited longer for a row or a lock than lock_timeout allows. */
export function isLockTimeout(error: unknown): boolean {
  return readSqlState(error) === '55P03'
}

/** The error with everything it was made from: Prisma keeps the driver's error in `meta`, a double connect keeps two. */
function chainOf(error: unknown): Record<string, unknown>[] {
  const links: Record<string, unknown>[] = []
  const visit = (value: unknown, depth: number) => {
    if (depth > maximumDepth || !isRecord(value)) return
    links.push(value)
    visit(value['cause'], depth + 1)
    if (isRecord(value['meta'])) visit(value['meta']['driverAdapterError'], depth + 1)
    if (Array.isArray(value['errors'])) for (const inner of value['errors']) visit(inner, depth + 1)
  }
  visit(error, 0)
  return links
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null
