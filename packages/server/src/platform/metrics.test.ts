import { register } from 'prom-client'
import { expect, test } from 'vitest'
import { createMetrics } from './metrics'

const linesOf = async (metrics: { render(): Promise<string> }) => (await metrics.render()).split('\n')

test('a request is counted and timed by the template of its route', async () => {
  const metrics = createMetrics()
  metrics.observeRequest({ method: 'GET', route: '/api/v1/projects/{projectId}', status: 200, seconds: 0.003 })
  metrics.observeRequest({ method: 'GET', route: '/api/v1/projects/{projectId}', status: 404, seconds: 0.004 })
  const lines = await linesOf(metrics)
  expect(lines).toContain('keylease_http_requests_total{method="GET",route="/api/v1/projects/{projectId}",status="200"} 1')
  expect(lines).toContain('keylease_http_requests_total{method="GET",route="/api/v1/projects/{projectId}",status="404"} 1')
  expect(lines).toContain('keylease_http_request_duration_seconds_count{method="GET",route="/api/v1/projects/{projectId}"} 2')
  expect(lines).toContain('keylease_http_request_duration_seconds_bucket{le="0.0025",method="GET",route="/api/v1/projects/{projectId}"} 0')
  expect(lines).toContain('keylease_http_request_duration_seconds_bucket{le="0.005",method="GET",route="/api/v1/projects/{projectId}"} 2')
})

test('no caller can add a series: unknown routes and methods share one each', async () => {
  const metrics = createMetrics()
  for (const method of ['BREW', 'get', 'PROPFIND', 'X"} 1\nevil{a="'])
    metrics.observeRequest({ method, route: undefined, status: 404, seconds: 0 })
  const series = (await linesOf(metrics)).filter((line) => line.startsWith('keylease_http_requests_total{'))
  expect(series).toEqual(['keylease_http_requests_total{method="other",route="unmatched",status="404"} 4'])
})

test('errors and the state of the service are shown under their names', async () => {
  const metrics = createMetrics()
  metrics.countError('rate_limited')
  metrics.countError('rate_limited')
  metrics.setGauges({ sealed: true, liveReplicas: 3, feedLagMs: 250 })
  const lines = await linesOf(metrics)
  expect(lines).toContain('keylease_errors_total{code="rate_limited"} 2')
  expect(lines).toContain('keylease_sealed 1')
  expect(lines).toContain('keylease_live_replicas 3')
  expect(lines).toContain('keylease_change_feed_lag_seconds 0.25')
  metrics.setGauges({ sealed: false, liveReplicas: 3, feedLagMs: 250 })
  expect(await linesOf(metrics)).toContain('keylease_sealed 0')
})

test('the page is one well-formed exposition with the process in it, once', async () => {
  createMetrics()
  const text = await createMetrics().render()
  const families = [...text.matchAll(/^# TYPE (\S+) /gm)].map(([, name]) => name)
  expect(new Set(families).size).toBe(families.length)
  expect(families).toEqual(expect.arrayContaining(['process_cpu_seconds_total', 'nodejs_eventloop_lag_seconds', 'keylease_sealed']))
  for (const line of text.split('\n')) expect(line).toMatch(/^($|# (HELP|TYPE) |[a-z0-9_]+(\{.*\})? \S+$)/)
  expect(text.endsWith('\n')).toBe(true)
})

test('two apps in one process count apart, and nothing lands in the global registry', async () => {
  const first = createMetrics()
  first.countError('internal')
  expect(await createMetrics().render()).not.toContain('keylease_errors_total{code="internal"}')
  expect(register.getMetricsAsArray()).toEqual([])
})
