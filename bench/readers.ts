import { createAnswerReader } from '../packages/shared/src/metering/answer-reader'
import type { UsageReading } from '../packages/shared/src/metering/reading'
import { computeCost } from '../packages/shared/src/pricing/cost'
import { plainTerms } from '../packages/shared/src/pricing/price'
import { compareCpu, measureAllocation, median } from './support/measure'
import { parseEverything } from './support/parse-everything'
import { reportBench } from './support/report'
import { createBody, createEmbeddings, createLargeEvent, createStream } from './support/sized-wires'
import { loadWires, type Wire } from './support/wires'

const dollarsPerMillion = (dollars: number) => BigInt(dollars) * 1_000_000_000n
const terms = plainTerms({ inputUncached: dollarsPerMillion(3), cacheRead: dollarsPerMillion(1), outputText: dollarsPerMillion(15) })
const at = new Date(0)
const streamedChunks = 400
const megabyte = 2 ** 20

function readWire({ shape, facts, chunks }: Wire): UsageReading {
  const reader = createAnswerReader(shape, facts)
  for (const chunk of chunks) reader.push(chunk)
  return reader.end('complete')
}

const priceReading = ({ vector, imageTokens }: UsageReading): bigint | null =>
  computeCost({ vector, imageTokens, serviceTier: null, region: null, at }, terms)

const parseWire = ({ facts, chunks }: Wire): unknown[] => parseEverything(chunks, facts.headers['content-type'] ?? '')

function measureWire(wire: Wire, options: Parameters<typeof compareCpu>[1]) {
  const {
    reader = Number.NaN,
    price = Number.NaN,
    parse = Number.NaN,
  } = compareCpu(
    {
      reader: () => readWire(wire),
      price: () => priceReading(wire.reading),
      parse: () => parseWire(wire),
    },
    options,
  )
  return { reader, price, parse }
}

const round = (value: number): number => Number(value.toPrecision(3))

function measureAnswers() {
  const figures = loadWires().map((wire) => ({ name: wire.name, ...measureWire(wire, { rounds: 5, samples: 3, sampleMs: 2 }) }))
  const answers = figures.map(({ name, reader, price, parse }) => ({
    name,
    both: reader + price,
    reader,
    price,
    parse,
    ratio: (reader + price) / parse,
  }))
  const medianOf = (key: Exclude<keyof (typeof answers)[number], 'name'>) => round(median(answers.map((answer) => answer[key])))
  console.log(
    answers
      .toSorted((left, right) => left.both - right.both)
      .map((one) => `${one.name} ${round(one.both)} µs`)
      .join('\n'),
  )
  return {
    what: `reader and price, median of ${answers.length} recorded answers`,
    readerMicroseconds: medianOf('reader'),
    priceMicroseconds: medianOf('price'),
    togetherMicroseconds: medianOf('both'),
    parseMicroseconds: medianOf('parse'),
    ratioToParse: medianOf('ratio'),
  }
}

function measureChunks() {
  const { reader, parse } = measureWire(createStream(streamedChunks), {})
  return {
    what: `one chunk of a stream of ${streamedChunks}`,
    readerMicroseconds: round(reader / streamedChunks),
    parseMicroseconds: round(parse / streamedChunks),
    ratioToParse: round(reader / parse),
  }
}

/** What it allocates does not grow with the content: compare the rows. */
function measureLarge(what: string, wire: Wire) {
  const { reader, parse } = measureWire(wire, { rounds: 3, samples: 3, sampleMs: 50 })
  return {
    what,
    readerMicroseconds: round(reader),
    parseMicroseconds: round(parse),
    ratioToParse: round(reader / parse),
    readerAllocatedBytes: measureAllocation(() => readWire(wire)),
    parseAllocatedBytes: measureAllocation(() => parseWire(wire)),
  }
}

reportBench('readers', [
  measureAnswers(),
  measureChunks(),
  measureLarge('1 MB in one chunk of a stream', createLargeEvent(megabyte)),
  measureLarge('a body of 1 MB in chunks of 64 KB', createBody(megabyte)),
  measureLarge('a body of 10 MB in chunks of 64 KB', createBody(10 * megabyte)),
  measureLarge('embeddings of 10 MB in chunks of 64 KB', createEmbeddings(10 * megabyte)),
])
