import { field, type ProtobufReader, wire } from './protobuf'
import { visitProtobufRecords } from './protobuf-records'

/** Gauge, sum, histogram, exponential histogram and summary: each keeps its points under number 1. */
const kinds: ReadonlySet<number> = new Set([5, 7, 9, 10, 11].map((number) => field(number, wire.bytes)))

/** How many data points an ExportMetricsServiceRequest holds. */
export function countProtobufMetrics(body: Buffer): number {
  let points = 0
  visitProtobufRecords(body, (reader) => {
    for (let tag = reader.readTag(); tag !== 0; tag = reader.readTag()) {
      if (kinds.has(tag)) points += countPoints(reader)
      else reader.skip(tag)
    }
  })
  return points
}

function countPoints(reader: ProtobufReader): number {
  const outer = reader.enter()
  let points = 0
  for (let tag = reader.readTag(); tag !== 0; tag = reader.readTag()) {
    if (tag === field(1, wire.bytes)) points++
    reader.skip(tag)
  }
  reader.leave(outer)
  return points
}
