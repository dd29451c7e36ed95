import type { CallGroup } from './call-groups'
import { type Dimension, dimensionSources, otherValue, toKeyText } from './dimensions'
import { addSums, createSums, type Sums } from './sums'

/** One value of one dimension, perhaps with what it is paired with. */
export interface Place {
  dimension: Dimension
  value: string
  paired: string
  days: Delta[]
}

/** What changes in the sums of one value of one dimension: of its day, and of quarters of that day. */
export interface Delta extends LocalStarts {
  place: Place
  quarters: QuarterSums[]
}

/** When the day and the month of a quarter begin where the organization is, in milliseconds. */
export interface LocalStarts {
  day: number
  month: number
}

interface QuarterSums {
  quarter: number
  sums: Sums
}

/** By value, then by what it is paired with. */
type Places = Map<string, Map<string, Place>>

/** Adds groups up by day, dimension and value. `localStarts` knows the day of each quarter. */
export function toDeltas(groups: readonly CallGroup[], localStarts: ReadonlyMap<number, LocalStarts>): Delta[] {
  const places = dimensionSources.map((): Places => new Map())
  for (const group of groups) {
    const starts = localStarts.get(group.quarter)
    if (!starts) throw new Error('a quarter whose day nobody looked up')
    addEverywhere(places, group, starts)
  }
  return places.flatMap((values) => [...values.values()].flatMap((pairs) => [...pairs.values()].flatMap(({ days }) => days)))
}

function addEverywhere(places: readonly Places[], { of: call, quarter, sums }: CallGroup, starts: LocalStarts): void {
  for (const [at, [dimension, source]] of dimensionSources.entries()) {
    const values = places[at]
    if (!values) continue
    const addTo = (value: string, paired: string) =>
      addSums(findSums(findDelta(findPlace(values, dimension, value, paired), starts), quarter), sums)
    if (!('values' in source)) addTo(toKeyText(source.value(call)), toKeyText(source.paired?.(call)))
    // Two tags may be one once they are keys.
    else for (const value of new Set(toKeyTexts(source.values(call)))) addTo(value, '')
  }
}

const toKeyTexts = (values: readonly string[]) => (values.length === 0 ? [''] : values.map(toKeyText))

function findPlace(values: Places, dimension: Dimension, value: string, paired: string): Place {
  let pairs = values.get(value)
  if (!pairs) {
    pairs = new Map()
    values.set(value, pairs)
  }
  let place = pairs.get(paired)
  if (!place) {
    place = { dimension, value, paired, days: [] }
    pairs.set(paired, place)
  }
  return place
}

function findDelta(place: Place, { day, month }: LocalStarts): Delta {
  let delta = place.days.find((one) => one.day === day)
  if (!delta) {
    delta = { place, day, month, quarters: [] }
    place.days.push(delta)
  }
  return delta
}

function findSums({ quarters }: Delta, quarter: number): Sums {
  let found = quarters.find((one) => one.quarter === quarter)
  if (!found) {
    found = { quarter, sums: createSums() }
    quarters.push(found)
  }
  return found.sums
}

/** Adds up under one name what a day no longer names. */
export function foldDeltas(deltas: readonly Delta[], isFolded: (delta: Delta) => boolean): Delta[] {
  const others = new Map<Dimension, Place>()
  const kept = deltas.filter((delta) => {
    if (!isFolded(delta)) return true
    const { dimension } = delta.place
    const place = others.get(dimension) ?? { dimension, ...otherOf(dimension), days: [] }
    others.set(dimension, place)
    const other = findDelta(place, delta)
    for (const { quarter, sums } of delta.quarters) addSums(findSums(other, quarter), sums)
    return false
  })
  return [...kept, ...[...others.values()].flatMap(({ days }) => days)]
}

const otherOf = (dimension: Dimension) => ({ value: otherValue, paired: dimension.includes('_') ? otherValue : '' })
