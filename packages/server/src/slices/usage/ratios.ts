import type { CallReading } from '@keylease/shared/metering/reading'
import type pg from 'pg'
import { toStoredJson } from './stored-json'

/** Characters per token of a model. */
export interface TokenRatio {
  provider: string
  model: string
  characters: number
  tokens: number
}

/** What a ratio stands on at most: older answers weigh half as much each time it is met. */
const memoryTokens = 1_000_000
/** Fewer tokens say less than the tokenizer's own sample. */
const enoughTokens = 500

/** Ends of an answer that is text and nothing else: a tool call has tokens whose characters nobody counts. */
const plainEnds: ReadonlySet<string | null> = new Set(['stop', 'end_turn', 'stop_sequence', 'STOP', 'COMPLETE', 'length', 'max_tokens'])

/** What an exact answer teaches about its model; null where its characters were not seen or are not all of its tokens. */
export function toLesson(provider: string, model: string | null, reading: CallReading): TokenRatio | null {
  const { vector, characters, quality, mismatch } = reading
  const isWhole = quality === 'exact' && mismatch === null && plainEnds.has(reading.finishReason)
  const isPlain = isWhole && vector.audioOut === 0 && vector.reasoning === 0 && reading.imageTokens.output === 0
  if (model === null || !isPlain || characters.text === 0 || vector.outputText === 0) return null
  return { provider, model, characters: characters.text, tokens: vector.outputText }
}

/** Adds what a batch taught, in key order. */
export async function learnRatios(client: pg.ClientBase, organizationId: string, lessons: readonly TokenRatio[], now: Date): Promise<void> {
  if (lessons.length === 0) return
  await client.query(
    `INSERT INTO token_ratio AS known (organization_id, provider, model, characters, tokens, updated_at)
     SELECT $1, provider, model, sum(characters), sum(tokens), $3
     FROM jsonb_to_recordset($2::jsonb) AS r(provider text, model text, characters bigint, tokens bigint)
     GROUP BY provider, model ORDER BY provider, model
     ON CONFLICT (organization_id, provider, model) DO UPDATE SET
       characters = CASE WHEN known.tokens > $4 THEN known.characters / 2 ELSE known.characters END + excluded.characters,
       tokens = CASE WHEN known.tokens > $4 THEN known.tokens / 2 ELSE known.tokens END + excluded.tokens,
       updated_at = excluded.updated_at`,
    [organizationId, toStoredJson(joinLessons(lessons)), now, memoryTokens],
  )
}

function joinLessons(lessons: readonly TokenRatio[]): TokenRatio[] {
  const joined = new Map<string, Map<string, TokenRatio>>()
  for (const { provider, model, characters, tokens } of lessons) {
    const models = joined.get(provider) ?? new Map<string, TokenRatio>()
    joined.set(provider, models)
    const known = models.get(model)
    if (known) {
      known.characters += characters
      known.tokens += tokens
    } else models.set(model, { provider, model, characters, tokens })
  }
  return [...joined.values()].flatMap((models) => [...models.values()])
}

/** What the organization's own exact events say, by provider and model. */
export async function readRatios(
  client: pg.ClientBase,
  models: readonly Pick<TokenRatio, 'provider' | 'model'>[],
): Promise<Map<string, number>> {
  if (models.length === 0) return new Map()
  const { rows } = await client.query<{ provider: string; model: string; characters: string; tokens: string }>(
    `SELECT t.provider, t.model, t.characters, t.tokens FROM token_ratio t
     JOIN jsonb_to_recordset($1::jsonb) AS wanted(provider text, model text) USING (provider, model) WHERE t.tokens >= $2`,
    [toStoredJson(models), enoughTokens],
  )
  return new Map(rows.map((row) => [ratioKey(row), Number(row.characters) / Number(row.tokens)]))
}

export const ratioKey = ({ provider, model }: Pick<TokenRatio, 'provider' | 'model'>) => `${provider}\n${model}`
