/** Prisma passes `contains` to LIKE as it is, where % and _ would match anything. */
export const containing = (text: string) => ({ contains: text.replace(/[\\%_]/g, '\\$&'), mode: 'insensitive' as const })
