/** What may need a second look, though nothing of the organization changed. The word after the name is for people. */
export const securityEventTable = {
  sign_in: 'A person signed in',
  sign_in_failed: 'A sign-in was refused',
  sign_out: 'A person signed out',
  locked_out: 'An account or address was locked out after too many failures',
  factor_refused: 'A second factor was refused',
  step_up_failed: 'A fresh factor was asked for and not shown',
  key_refused: 'A key or token was refused',
  permission_denied: 'A credential asked for what it may not do',
  absent_id: 'A credential asked for an id that is not there for it',
  address_refused: 'A credential was used from an address that is not allowed',
  foreign_origin: 'A browser sent a request from another site',
  rate_limited: 'A caller sent too many requests',
  upstream_refused: 'A URL led to an address that is not allowed',
  secret_read: 'A secret was shown to the one who created it',
  secret_revealed: 'A stored secret was revealed to a person',
  exported: 'Data left the service as a file',
} as const satisfies Record<string, string>

export type SecurityEventKind = keyof typeof securityEventTable
export const securityEventKinds = Object.keys(securityEventTable) as [SecurityEventKind, ...SecurityEventKind[]]
