import { classifyStatus, type ErrorClass, type ErrorHelp } from './errors'
import { readErrorWords } from './probe'
import type { ProbeAnswer } from './provider'

/** What an organization says that an error of its API means. Where it names both, a status and a word have to fit. */
export interface ErrorRule {
  class: Exclude<ErrorClass, 'unreachable'>
  statuses: readonly number[]
  words: readonly string[]
  cause?: string | undefined
  remedy?: string | undefined
  url?: string | null | undefined
}

/** `rejectedStatuses`: of a probe; only they, or a rule, then prove a key bad. */
export function createClassifier(rules: readonly ErrorRule[], rejectedStatuses: readonly number[] | null) {
  const byWords = [...rules].sort((a, b) => Number(b.words.length > 0) - Number(a.words.length > 0))
  return (answer: ProbeAnswer): ErrorClass | null => {
    if ('failure' in answer) return 'unreachable'
    const words = readErrorWords(answer.body)
    const rule = byWords.find((one) => fits(one, answer.status, words))
    if (rule) return rule.class
    if (rejectedStatuses?.includes(answer.status)) return 'bad_key'
    const error = classifyStatus(answer)
    return error === 'bad_key' && rejectedStatuses !== null ? 'forbidden' : error
  }
}

function fits({ statuses, words }: ErrorRule, status: number, found: readonly string[]): boolean {
  if (statuses.length === 0 && words.length === 0) return false
  return (statuses.length === 0 || statuses.includes(status)) && (words.length === 0 || words.some((word) => found.includes(word)))
}

/** The words of an organization over the common ones. */
export function toHelp(rules: readonly ErrorRule[], common: (error: ErrorClass) => ErrorHelp): Partial<Record<ErrorClass, ErrorHelp>> {
  return Object.fromEntries(
    rules
      .filter(({ cause, remedy, url }) => cause !== undefined || remedy !== undefined || url !== undefined)
      .map((rule) => {
        const { cause, remedy } = common(rule.class)
        return [rule.class, { cause: rule.cause ?? cause, remedy: rule.remedy ?? remedy, url: rule.url ?? null }]
      }),
  )
}
