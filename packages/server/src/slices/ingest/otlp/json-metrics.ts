import { isObject, listOf, memberOf } from './json-attributes'
import { visitJsonRecords } from './json-records'

const kinds = ['gauge', 'sum', 'histogram', 'exponentialHistogram', 'summary']
const lists = { resources: 'resourceMetrics', scopes: 'scopeMetrics', records: 'metrics', members: kinds }

/** How many data points an ExportMetricsServiceRequest holds. */
export function countJsonMetrics(body: Buffer): number {
  let points = 0
  visitJsonRecords(body, lists, (metric) => {
    for (const kind of kinds) {
      const data = memberOf(metric, kind)
      if (isObject(data)) points += listOf(data, 'dataPoints').length
    }
  })
  return points
}
