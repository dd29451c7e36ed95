const apiPolicy = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

/** Headers of every answer of its kind. A page loads from this origin alone, and its inline parts only by nonce. */
export function securityHeaders(kind: 'api' | 'page', options: { https: boolean; nonce?: string }): Record<string, string> {
  return {
    'Content-Security-Policy': kind === 'api' ? apiPolicy : pagePolicy(options.nonce),
    'X-Content-Type-Options': 'nosniff',
    'Referrer-Policy': 'no-referrer',
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Cross-Origin-Resource-Policy': 'same-origin',
    'Permissions-Policy': 'camera=(), geolocation=(), microphone=(), payment=(), usb=()',
    ...(kind === 'api' ? { 'Cache-Control': 'no-store' } : {}),
    ...(options.https ? { 'Strict-Transport-Security': 'max-age=31536000' } : {}),
  }
}

function pagePolicy(nonce: string | undefined): string {
  const source = nonce === undefined ? "'self'" : nonceSource(nonce)
  return [
    "default-src 'none'",
    `script-src ${source}`,
    `style-src ${source}`,
    "img-src 'self' data:",
    "font-src 'self'",
    "connect-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join('; ')
}

function nonceSource(nonce: string): string {
  if (!/^[A-Za-z0-9+/_-]{16,}={0,2}$/.test(nonce)) throw new TypeError('A nonce is 16 or more characters of base64.')
  return `'nonce-${nonce}'`
}
