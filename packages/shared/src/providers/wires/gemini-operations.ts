import type { Operation, OperationKind } from '../operation'
import { geminiAnswer } from './gemini-answer'
import { geminiEmbeddingsAnswer, imagenAnswer, vertexPredictionsAnswer } from './gemini-embeddings'
import { createGeminiRequest, geminiInputRequest } from './gemini-request'
import { createPlainOperation } from './openai-management'

const whole = createGeminiRequest({ isStream: false })
const streamed = createGeminiRequest({ isStream: true })

/** What a model of Google does, below the path of its models; the verb follows a colon. */
export const createGeminiOperations = (models: string): Operation[] => [
  post('chat', `${models}/{model}:generateContent`, whole, geminiAnswer),
  post('chat', `${models}/{model}:streamGenerateContent`, streamed, geminiAnswer),
  post('embeddings', `${models}/{model}:embedContent`, geminiInputRequest, geminiEmbeddingsAnswer),
  post('embeddings', `${models}/{model}:batchEmbedContents`, geminiInputRequest, geminiEmbeddingsAnswer),
  createPlainOperation('count-tokens', `POST /${models.slice(1)}/{model}:countTokens`),
  post('image', `${models}/imagen-{name}:predict`, imagenRequest(), imagenAnswer),
]

/** Text embeddings of Vertex answer a list of predictions. */
export const createPredictOperation = (models: string): Operation =>
  post('embeddings', `${models}/{model}:predict`, geminiInputRequest, vertexPredictionsAnswer)

function post(kind: OperationKind, path: string, request: Operation['request'], answer: Operation['answer']): Operation {
  return { kind, method: 'POST', path, request, answer }
}

/** The template has taken the first word of the model. */
function imagenRequest(): Operation['request'] {
  const { captures, read } = geminiInputRequest
  return { captures, read: (captured, facts) => ({ ...read(captured, facts), model: `imagen-${facts.params['name'] ?? ''}` }) }
}
