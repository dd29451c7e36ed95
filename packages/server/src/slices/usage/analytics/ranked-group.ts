export interface RankedGroup {
  key: string[]
  isRest: boolean
  /** By which it was ranked, as text, and what breaks ties. */
  rank: string
  tie: string
}

export interface Ranking {
  by: 'cost' | 'calls' | 'tokens' | 'errors' | 'averageLatency'
  isAscending: boolean
  limit: number
  after: Pick<RankedGroup, 'isRest' | 'rank' | 'tie'> | null
}

export interface Ranked {
  groups: RankedGroup[]
  /** All of them, as far as totals go. */
  total: number
}
