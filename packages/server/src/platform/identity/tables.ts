/** How better-auth's words are spelt in our tables. */
const stamps = { createdAt: 'created_at', updatedAt: 'updated_at' } as const

export const userFields = { modelName: 'user', fields: { emailVerified: 'email_verified', ...stamps } } as const

export const sessionFields = {
  modelName: 'session',
  fields: { userId: 'user_id', expiresAt: 'expires_at', ipAddress: 'ip_address', userAgent: 'user_agent', ...stamps },
} as const

export const accountFields = {
  modelName: 'account',
  fields: {
    accountId: 'account_id',
    providerId: 'provider_id',
    userId: 'user_id',
    accessToken: 'access_token',
    refreshToken: 'refresh_token',
    idToken: 'id_token',
    accessTokenExpiresAt: 'access_token_expires_at',
    refreshTokenExpiresAt: 'refresh_token_expires_at',
    ...stamps,
  },
} as const

export const verificationFields = { modelName: 'verification', fields: { expiresAt: 'expires_at', ...stamps } } as const

export const twoFactorFields = {
  modelName: 'two_factor',
  fields: {
    backupCodes: 'backup_codes',
    userId: 'user_id',
    failedVerificationCount: 'failed_verification_count',
    lockedUntil: 'locked_until',
  },
} as const

export const passkeyFields = {
  fields: {
    publicKey: 'public_key',
    userId: 'user_id',
    credentialID: 'credential_id',
    deviceType: 'device_type',
    backedUp: 'backed_up',
    createdAt: 'created_at',
  },
} as const
