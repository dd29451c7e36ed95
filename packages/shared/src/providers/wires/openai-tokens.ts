import type { ImageTokens, UsageVector } from '../../pricing/vector'
import { readCount, readMembers } from './read-count'

export interface TokenRules {
  /**
   * Whether reasoning lies inside the output (the rule), is counted beside it and in the total (`extra`), or beside both (`separate`).
   * A total that proves otherwise wins.
   */
  reasoning?: 'inside' | 'extra' | 'separate'
  /** What kind of output it is where the answer does not split it. */
  output?: 'text' | 'audio' | 'image'
}

export interface TokenReading {
  counts: Partial<UsageVector>
  imageTokens: ImageTokens
  isTold: boolean
}

type Members = Readonly<Record<string, unknown>>

interface Side {
  total: number
  details: Members
}

/** The classes of a usage object of OpenAI's shape, by either of its families of names: every count of it includes its parts. */
export function readTokens(usage: Members, rules: TokenRules, mismatches: string[]): TokenReading {
  const toldInput = readCount(usage['prompt_tokens'] ?? usage['input_tokens'], 'the input', mismatches)
  const toldOutput = readCount(usage['completion_tokens'] ?? usage['output_tokens'], 'the output', mismatches)
  const input = { total: toldInput ?? 0, details: readDetails(usage, inputDetails) }
  const output = { total: toldOutput ?? 0, details: readDetails(usage, outputDetails) }
  const total = readCount(usage['total_tokens'], 'total_tokens', mismatches)
  const reasoning = readCount(output.details['reasoning_tokens'] ?? usage['reasoning_tokens'], 'reasoning_tokens', mismatches) ?? 0
  const place = placeReasoning({ input: input.total, output: output.total, reasoning, total }, rules.reasoning ?? 'inside')
  const seconds = readCount(usage['prompt_audio_seconds'], 'prompt_audio_seconds', mismatches) ?? 0
  const parts = input.total + output.total + (place === 'extra' ? reasoning : 0)
  // Mistral bills audio by the second and still counts its tokens in the total.
  if (total !== null && total !== parts && !(seconds > 0 && total > parts)) {
    mismatches.push(`total_tokens is ${total} and its parts add up to ${parts}`)
  }
  const inputs = splitInput(usage, input, mismatches)
  const outputs = splitOutput(output, { reasoning, isInside: place === 'inside' }, rules.output ?? 'text', mismatches)
  return {
    counts: {
      inputUncached: inputs.counts.inputUncached,
      cacheRead: inputs.counts.cacheRead,
      cacheWrite5m: inputs.counts.cacheWrite5m,
      cacheWrite1h: inputs.counts.cacheWrite1h,
      audioIn: inputs.counts.audioIn,
      outputText: outputs.counts.outputText,
      reasoning: outputs.counts.reasoning,
      audioOut: outputs.counts.audioOut,
      seconds,
    },
    imageTokens: { input: inputs.images, output: outputs.images },
    isTold: toldInput !== null || toldOutput !== null,
  }
}

const inputDetails = ['prompt_tokens_details', 'input_tokens_details', 'input_token_details']
const outputDetails = ['completion_tokens_details', 'output_tokens_details']
const noDetails: Members = Object.freeze({})

/** Of the first name that has them. */
function readDetails(usage: Members, names: readonly string[]): Members {
  for (const name of names) {
    const details = readMembers(usage[name])
    if (details !== null) return details
  }
  return noDetails
}

interface Sums {
  input: number
  output: number
  reasoning: number
  total: number | null
}

function placeReasoning({ input, output, reasoning, total }: Sums, rule: 'inside' | 'extra' | 'separate') {
  if (reasoning === 0 || rule === 'separate') return rule
  if (total === input + output + reasoning) return 'extra'
  if (total === input + output && reasoning <= output) return 'inside'
  return reasoning > output ? 'extra' : rule
}

/** DeepSeek, Mistral and Moonshot name the cached part beside the prompt, the others inside its details. */
function splitInput(usage: Members, { total, details }: Side, mismatches: string[]) {
  const count = (value: unknown, name: string) => readCount(value, name, mismatches) ?? 0
  const hit = usage['prompt_cache_hit_tokens'] ?? usage['num_cached_tokens'] ?? usage['cached_tokens']
  const cached = count(details['cached_tokens'] ?? hit, 'cached_tokens')
  const missed = readCount(usage['prompt_cache_miss_tokens'], 'prompt_cache_miss_tokens', mismatches)
  if (missed !== null && cached + missed !== total) {
    mismatches.push(`hits and misses of the cache add up to ${cached + missed} and the input is ${total}`)
  }
  const taker = new Taker(total, 'input', mismatches)
  const cacheRead = taker.take(cached, 'cached_tokens')
  const written = taker.take(count(details['cache_write_tokens'], 'cache_write_tokens'), 'cache_write_tokens')
  const kept = count(readMembers(details['cache_write_tokens_details'])?.['ttl_12h_tokens'], 'ttl_12h_tokens')
  const cacheWrite1h = Math.min(kept, written)
  const audio = count(details['audio_tokens'], 'audio_tokens')
  // Audio may be among the cached tokens, so what is left bounds it without being wrong.
  const audioIn = taker.take(audio > total ? audio : Math.min(audio, taker.left), 'audio_tokens')
  const counts = { cacheRead, cacheWrite5m: written - cacheWrite1h, cacheWrite1h, audioIn, inputUncached: taker.left }
  return { counts, images: Math.min(count(details['image_tokens'], 'image_tokens'), counts.inputUncached) }
}

function splitOutput(
  { total, details }: Side,
  thought: { reasoning: number; isInside: boolean },
  kind: 'text' | 'audio' | 'image',
  mismatches: string[],
) {
  const count = (name: string) => readCount(details[name], name, mismatches)
  const taker = new Taker(total, 'output', mismatches)
  const reasoning = thought.isInside ? taker.take(thought.reasoning, 'reasoning_tokens') : thought.reasoning
  const audioOut = taker.take(count('audio_tokens') ?? (kind === 'audio' ? taker.left : 0), 'audio_tokens')
  const outputText = taker.left
  const images = count('image_tokens') ?? (kind === 'image' ? outputText : 0)
  return { counts: { reasoning, audioOut, outputText }, images: Math.min(images, outputText) }
}

/** Takes parts out of a whole. A part that is larger than what is left is cut to it, and noted. */
class Taker {
  left: number

  constructor(
    whole: number,
    private readonly name: string,
    private readonly mismatches: string[],
  ) {
    this.left = whole
  }

  take(part: number, partName: string): number {
    if (part > this.left) this.mismatches.push(`${partName} is ${part} and only ${this.left} of the ${this.name} is left`)
    const taken = Math.min(part, this.left)
    this.left -= taken
    return taken
  }
}
