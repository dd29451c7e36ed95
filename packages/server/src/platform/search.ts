/** In LIKE, % and _ would match anything. */
export const escapePattern = (text: string) => text.replace(/[\\%_]/g, '\\$&')

/** Prisma passes `contains` to LIKE as it is. */
export const containing = (text: string) => ({ contains: escapePattern(text), mode: 'insensitive' as const })
