import { catalogue } from './index'

/** Shorter beginnings are ordinary text. */
const shortestPrefix = 3

const prefixes = [...new Set(catalogue.flatMap(({ key }) => key.prefixes))]
  .filter((prefix) => prefix.length >= shortestPrefix)
  .sort((a, b) => b.length - a.length)
  .map((prefix) => prefix.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))

/** What looks like a key of a provider in the catalogue: one of its known beginnings and a long rest of key characters, or a pair of AWS. */
const leakedKey = new RegExp(
  `(?<![A-Za-z0-9])(${['kl_live_', ...prefixes].join('|')})[A-Za-z0-9_-]{12,}(?:[/+=:][A-Za-z0-9/+=:_-]{12,})?`,
  'g',
)

/** The text with every key in it cut to its known beginning. */
export const hideKeys = (text: string): string => text.replace(leakedKey, '$1…')
