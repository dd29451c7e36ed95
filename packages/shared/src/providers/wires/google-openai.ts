import type { Operation, Usage } from '../operation'
import { extendAnswer } from './openai-answer'
import { createChatOperation } from './openai-chat'
import { readMembers } from './read-count'

/** Google speaks OpenAI's wire as well, but leaves thoughts out of the completion; only the total holds them. */
export function createGoogleChatOperation(path: string): Operation {
  const operation = createChatOperation(path, { asksForUsage: true })
  return { ...operation, answer: extendAnswer(operation.answer, {}, addThoughts) }
}

function addThoughts(usage: Usage): Usage {
  const total = usage.raw?.['total_tokens']
  const told = [usage.raw?.['prompt_tokens'], usage.raw?.['completion_tokens']]
  const isSilent = readMembers(usage.raw?.['completion_tokens_details'])?.['reasoning_tokens'] === undefined
  if (!isSilent || !isCount(total) || !told.every(isCount)) return usage
  const thoughts = told.reduce((rest, part) => rest - part, total)
  return thoughts <= 0 ? usage : { ...usage, vector: { ...usage.vector, reasoning: thoughts }, mismatch: null }
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0
