import { attributesOf, isObject, type JsonObject, takeAttributes, textOf } from './json-attributes'
import { JsonScan } from './json-scan'
import { type Attributes, emptyAttributes, emptyScope, type Origin, otlpLimits, RecordCount, type Scope } from './signal'

/** What a signal calls its lists, from the request down. */
interface ListNames {
  resources: string
  scopes: string
  records: string
  /** What is read of a record besides its attributes. */
  members: readonly string[]
}

/** The members of a record, but for its attributes. */
type VisitRecord = (record: JsonObject, attributes: Attributes, origin: Origin) => void

/** The records of a request in OTLP/JSON: camelCase names, hex ids, whole numbers as text or as numbers. */
export function visitJsonRecords(body: Buffer, names: ListNames, visit: VisitRecord): void {
  // No body at all is an empty request, as it is in protobuf.
  if (body.byteLength === 0) return
  const scan = new JsonScan(body)
  const count = new RecordCount()
  const blank: Readonly<Record<string, unknown>> = Object.fromEntries(names.members.map((name) => [name, undefined]))
  const visitRecord = (resource: Attributes, scope: Scope) => {
    count.add()
    scan.startRecord()
    const record = { ...blank }
    let attributes = emptyAttributes
    scan.visitMembers(names.records, (name) => {
      if (name === 'attributes') attributes = takeAttributes(scan)
      else if (Object.hasOwn(record, name)) record[name] = scan.take()
      else scan.take()
    })
    visit(record, attributes, { resource, scope })
  }
  const visitScope = (resource: Attributes) =>
    visitGroup(scan, { own: 'scope', list: names.records }, toScope, emptyScope, (scope) => visitRecord(resource, scope))
  const visitResource = () =>
    visitGroup(scan, { own: 'resource', list: names.scopes }, attributesOf, emptyAttributes, (resource) => visitScope(resource))
  scan.visitBody((name) => {
    if (name === names.resources) scan.visitObjects(name, visitResource)
    else scan.skip()
  })
}

/** What a group says of all in its list may stand after the list: then that is come back to. */
function visitGroup<Own>(
  scan: JsonScan,
  names: { own: string; list: string },
  toOwn: (value: unknown) => Own,
  none: Own,
  visit: (own: Own) => void,
): void {
  let own: Own | undefined
  const lists: number[] = []
  scan.visitMembers(names.list, (name) => {
    if (name === names.own) own = takeOwn(scan, toOwn)
    else if (name === names.list && own !== undefined) visitList(own)
    else {
      if (name === names.list) lists.push(scan.mark())
      scan.skip()
    }
  })
  const end = scan.mark()
  for (const list of lists) {
    scan.rewind(list)
    visitList(own ?? none)
  }
  scan.rewind(end)

  function visitList(shared: Own): void {
    scan.visitObjects(names.list, () => visit(shared))
  }
}

function takeOwn<Own>(scan: JsonScan, toOwn: (value: unknown) => Own): Own {
  scan.startRecord()
  return toOwn(scan.take())
}

const toScope = (scope: unknown): Scope =>
  isObject(scope)
    ? { name: textOf(scope, 'name', otlpLimits.nameBytes), version: textOf(scope, 'version', otlpLimits.nameBytes) }
    : emptyScope
