const daysAgo = (days: number, now: Date) => {
  const midnight = Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDate())
  return new Date(midnight - days * 86_400_000).toISOString()
}

/** What the pages of a dashboard ask, by how many values lie behind the answer. */
export function listQueries(now: Date, agentId: string): Record<'low' | 'adversarial', Record<string, string>> {
  // Until now, as pages ask: an end that has passed when the question arrives would cut today's sums.
  const range = (days: number) => `from=${daysAgo(days, now)}`
  const usage = (path: string) => `/api/v1/usage/${path}`
  return {
    low: {
      'summary of the month, compared': usage('summary?compare=true'),
      'summary of 30 days': usage(`summary?${range(30)}`),
      'summary of one project over 90 days': usage(`summary?${range(89)}&projectId=prj_${'0'.repeat(26)}`),
      '30 days by day and model': usage(`timeseries?${range(30)}&granularity=day&groupBy=model`),
      '7 days by hour': usage(`timeseries?${range(7)}&granularity=hour`),
      'today by quarter hour': usage(`timeseries?${range(0)}&granularity=quarter&latency=true`),
      'models over 30 days, compared': usage(`breakdown?${range(30)}&groupBy=model&compare=true`),
      'projects and models over 90 days': usage(`breakdown?${range(89)}&groupBy=project,model`),
      'the last calls': usage('events?limit=50'),
      'the last calls that failed': usage(`events?${range(1)}&status=error&limit=50`),
    },
    adversarial: {
      'agents over 7 days': usage(`breakdown?${range(7)}&groupBy=agent`),
      'agents over 30 days': usage(`breakdown?${range(30)}&groupBy=agent`),
      'agents over 90 days': usage(`breakdown?${range(89)}&groupBy=agent`),
      'tags over 30 days': usage(`breakdown?${range(30)}&groupBy=tag`),
      'keys and models over 30 days': usage(`breakdown?${range(30)}&groupBy=key,model`),
      'one agent by day over 90 days': usage(`timeseries?${range(89)}&granularity=day&agentId=${agentId}`),
      'one agent by model over 30 days': usage(`breakdown?${range(30)}&groupBy=model&agentId=${agentId}`),
      '30 days by day and agent': usage(`timeseries?${range(30)}&granularity=day&groupBy=agent`),
    },
  }
}
