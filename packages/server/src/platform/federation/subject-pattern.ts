type Token = { kind: 'text'; character: string } | { kind: 'part' | 'any' }

const longestSubject = 1_024

/**
 * `*` stands for anything within one part between colons, `**` for anything. Time grows with the two lengths multiplied and no
 * further, whatever the subject: a regular expression made from a pattern could be made to run for minutes.
 */
export function matchesSubject(pattern: string, subject: string): boolean {
  if (subject.length > longestSubject) return false
  const tokens = readTokens(pattern)
  let reached = skipStars(tokens, new Set([0]))
  for (const character of subject) {
    reached = skipStars(tokens, step(tokens, reached, character))
    if (reached.size === 0) return false
  }
  return reached.has(tokens.length)
}

/** Why a pattern fits nearly anybody; null when it does not. */
export function findBreadth(issuer: string, pattern: string): string | null {
  if (pattern.replace(/[*:/]/g, '').length < 3) return 'it fits nearly every subject. Name more of the subject'
  if (issuer === 'https://accounts.google.com' && pattern.includes('*')) {
    return 'a Google subject is the number of one account. Write it out'
  }
  if (issuer === 'https://gitlab.com' && !/^project_path:[\w.-]+(\/[\w.-]+)+:[^:]/.test(pattern)) {
    return 'a GitLab rule names one project. Begin with project_path:GROUP/PROJECT: and go on with a branch or tag'
  }
  const isGitHub = pattern.startsWith('repo:') || /(^|[./])(actions\.)?githubusercontent\.com$|\/_services\/token$/.test(issuer)
  if (isGitHub && !/^repo:[\w.@-]+\/[\w.@-]+:[^:]/.test(pattern)) {
    return 'a GitHub rule names one repository. Begin with repo:OWNER/REPOSITORY: and go on with a branch, tag or environment'
  }
  return null
}

function readTokens(pattern: string): Token[] {
  return (pattern.match(/\*+|[^*]/gs) ?? []).map((word) => {
    if (word === '*') return { kind: 'part' }
    return word.startsWith('*') ? { kind: 'any' } : { kind: 'text', character: word }
  })
}

/** A star may stand for nothing. */
function skipStars(tokens: readonly Token[], positions: Set<number>): Set<number> {
  for (const at of positions) {
    const token = tokens[at]
    if (token && token.kind !== 'text') positions.add(at + 1)
  }
  return positions
}

function step(tokens: readonly Token[], positions: Set<number>, character: string): Set<number> {
  const next = new Set<number>()
  for (const at of positions) {
    const token = tokens[at]
    if (!token) continue
    if (token.kind === 'text') {
      if (token.character === character) next.add(at + 1)
    } else if (token.kind === 'any' || character !== ':') next.add(at)
  }
  return next
}
