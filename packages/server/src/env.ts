import { Secret } from '@keylease/shared/secret'
import { z } from 'zod'

const absent = (text: unknown) => (text === '' ? undefined : text)
const text = z.preprocess(absent, z.string().optional())
const secret = (minimum: number) =>
  z.preprocess(
    absent,
    z
      .string()
      .regex(new RegExp(`^[\\x21-\\x7e]{${minimum},512}$`), `${minimum} or more printable characters without spaces`)
      .transform((value) => new Secret(value))
      .optional(),
  )
const databaseUrl = z.preprocess(
  absent,
  z
    .string()
    .regex(/^postgres(ql)?:\/\/\S+$/, 'a URL such as postgresql://user:password@host:5432/database')
    .transform((value) => new Secret(value))
    .optional(),
)
const smtpUrl = z.preprocess(
  absent,
  z
    .string()
    .regex(/^smtps?:\/\/\S+$/, 'a URL such as smtps://user:password@mail.example.com:465')
    .refine(URL.canParse, 'a URL such as smtps://user:password@mail.example.com:465, its special characters percent-encoded')
    .transform((value) => new Secret(value))
    .optional(),
)
const sender = z.preprocess(
  absent,
  z
    .string()
    .regex(
      /^(?:[^<>"\p{Cc}]{1,100} <[^\s<>@]+@[^\s<>@]+>|[^\s<>@]+@[^\s<>@]+)$/u,
      'an address such as keys@example.com or Keylease <keys@example.com>',
    )
    .optional(),
)
const webUrl = z.preprocess(
  absent,
  z
    .url({ protocol: /^https?$/, message: 'an http or https URL such as https://keys.example.com' })
    .transform((value) => new URL(value))
    .refine((url) => url.pathname === '/' && !url.search && !url.username, 'an origin alone, without path, query or credentials')
    .optional(),
)
/** A list of origins as a browser names them, or * for all. */
const origins = z
  .preprocess(absent, z.string().default(''))
  .transform((list) =>
    list
      .split(',')
      .map((item) => item.trim())
      .filter(Boolean),
  )
  .refine(
    (list) => list.every((item) => item === '*' || (URL.canParse(item) && /^https?:/.test(item) && new URL(item).origin === item)),
    'a list of origins such as https://app.example.com, or *',
  )
const flag = z
  .preprocess(absent, z.enum(['0', '1', 'true', 'false'], '1 or 0').default('0'))
  .transform((value) => value === '1' || value === 'true')

const variables = z.object({
  KEYLEASE_DATA_DIR: z.preprocess(absent, z.string().default('.keylease')),
  DATABASE_URL: databaseUrl,
  DATABASE_DIRECT_URL: databaseUrl,
  DATABASE_APP_URL: databaseUrl,
  DATABASE_AUTH_URL: databaseUrl,
  DATABASE_SYSTEM_URL: databaseUrl,
  HOST: z.preprocess(
    absent,
    z
      .string()
      .regex(/^[\w.:-]+$/, 'an address or host name')
      .default('127.0.0.1'),
  ),
  PORT: z.preprocess(absent, z.coerce.number('a port from 0 to 65535').int().min(0).max(65_535).default(4500)),
  KEYLEASE_PUBLIC_URL: webUrl,
  KEYLEASE_AUDIT_ANCHOR_URL: z.preprocess(
    absent,
    z.url({ protocol: /^https?$/, message: 'an http or https URL such as https://anchors.example.com/keylease' }).optional(),
  ),
  KEYLEASE_TLS_CERT: text,
  KEYLEASE_TLS_KEY: text,
  KEYLEASE_TRUSTED_PROXIES: z.preprocess(absent, z.string().default('')).transform((list) =>
    list
      .split(',')
      .map((item) => item.trim())
      .filter(Boolean),
  ),
  KEYLEASE_INSECURE_HTTP: flag,
  KEYLEASE_ROOT_KEY_FILE: text,
  KEYLEASE_BOOTSTRAP_TOKEN: secret(32),
  KEYLEASE_METRICS_TOKEN: secret(16),
  KEYLEASE_SMTP_URL: smtpUrl,
  KEYLEASE_SMTP_FROM: sender,
  KEYLEASE_PRICES: text,
  KEYLEASE_ALLOW_PRIVATE_UPSTREAMS: text,
  KEYLEASE_OTLP_ORIGINS: origins,
  KEYLEASE_USAGE_RETENTION_DAYS: z.preprocess(
    absent,
    z.coerce
      .number('a number of days from 35 to 3650')
      .int('a whole number of days')
      .min(35, 'at least 35 days')
      .max(3_650, 'at most 3650 days')
      .default(90),
  ),
  OTEL_EXPORTER_OTLP_ENDPOINT: text,
})

export type Env = ReturnType<typeof toEnv>

/** A start that cannot go on: the message is the one sentence that the operator reads. */
export class StartError extends Error {
  override readonly name = 'StartError'
}

/** Every variable, parsed once; a wrong one stops the start with one line that names it and says what was expected. */
export function readEnv(source: Record<string, string | undefined> = process.env): Env {
  const parsed = variables.safeParse(source)
  if (!parsed.success) {
    const issue = parsed.error.issues[0]
    throw new StartError(`${String(issue?.path[0])} is not valid: expected ${issue?.message}.`)
  }
  return toEnv(parsed.data)
}

function toEnv(values: z.infer<typeof variables>) {
  return {
    dataDir: values.KEYLEASE_DATA_DIR,
    database: {
      url: values.DATABASE_URL,
      directUrl: values.DATABASE_DIRECT_URL,
      appUrl: values.DATABASE_APP_URL,
      authUrl: values.DATABASE_AUTH_URL,
      systemUrl: values.DATABASE_SYSTEM_URL,
    },
    host: values.HOST,
    port: values.PORT,
    publicUrl: values.KEYLEASE_PUBLIC_URL,
    tls: { certFile: values.KEYLEASE_TLS_CERT, keyFile: values.KEYLEASE_TLS_KEY },
    trustedProxies: values.KEYLEASE_TRUSTED_PROXIES,
    allowInsecureHttp: values.KEYLEASE_INSECURE_HTTP,
    rootKeyFile: values.KEYLEASE_ROOT_KEY_FILE,
    auditAnchorUrl: values.KEYLEASE_AUDIT_ANCHOR_URL,
    bootstrapToken: values.KEYLEASE_BOOTSTRAP_TOKEN,
    metricsToken: values.KEYLEASE_METRICS_TOKEN,
    smtpUrl: values.KEYLEASE_SMTP_URL,
    smtpFrom: values.KEYLEASE_SMTP_FROM,
    prices: values.KEYLEASE_PRICES,
    allowPrivateUpstreams: values.KEYLEASE_ALLOW_PRIVATE_UPSTREAMS,
    otlpOrigins: values.KEYLEASE_OTLP_ORIGINS,
    usageRetentionDays: values.KEYLEASE_USAGE_RETENTION_DAYS,
    otlpEndpoint: values.OTEL_EXPORTER_OTLP_ENDPOINT,
  }
}
