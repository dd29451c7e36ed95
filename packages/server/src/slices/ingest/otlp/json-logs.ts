import { idOf, type JsonObject, memberOf, textOf, timeMsOf, toValue } from './json-attributes'
import { visitJsonRecords } from './json-records'
import { type Attributes, type LogSignal, type Origin, otlpLimits, toLogSignal } from './signal'

const lists = {
  resources: 'resourceLogs',
  scopes: 'scopeLogs',
  records: 'logRecords',
  members: ['traceId', 'spanId', 'timeUnixNano', 'observedTimeUnixNano', 'eventName', 'body'],
}

/** The records of an ExportLogsServiceRequest, one after the other. */
export const readJsonLogs = (body: Buffer, visit: (log: LogSignal) => void): void =>
  visitJsonRecords(body, lists, (log, attributes, origin) => visit(toLog(log, attributes, origin)))

const toLog = (log: JsonObject, attributes: Attributes, { resource, scope }: Origin): LogSignal =>
  toLogSignal({
    traceId: idOf(log, 'traceId'),
    spanId: idOf(log, 'spanId'),
    timeMs: timeMsOf(log, 'timeUnixNano'),
    observedMs: timeMsOf(log, 'observedTimeUnixNano'),
    name: textOf(log, 'eventName', otlpLimits.nameBytes),
    body: toValue(memberOf(log, 'body'), otlpLimits.depth),
    attributes,
    resource,
    scope,
  })
