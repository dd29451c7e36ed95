import { GoogleGenAI } from '@google/genai'
import { type Calls, type ClientCase, prompt, readField } from './client-case'

const toCalls = (client: GoogleGenAI): Calls => {
  const toInput = (signal?: AbortSignal) => ({
    model: 'gemini-2.5-flash',
    contents: prompt,
    config: { ...(signal && { abortSignal: signal }) },
  })
  return {
    ask: async (signal) => (await client.models.generateContent(toInput(signal))).text ?? '',
    stream: (signal) => client.models.generateContentStream(toInput(signal)),
    async askForTool() {
      const tools = [{ functionDeclarations: [{ name: 'get_weather' }] }]
      return (await client.models.generateContent({ ...toInput(), config: { tools } })).functionCalls?.[0]?.name
    },
    readStatus: (error) => readField(error, 'status'),
  }
}

const wires = { whole: 'google/generate-plain', stream: 'google/stream-events', tool: 'google/generate-tools' }

export const google: ClientCase = {
  name: '@google/genai',
  provider: 'google',
  basePath: '',
  wires,
  open: (keylease) => toCalls(new GoogleGenAI(keylease.google())),
}

export const vertex: ClientCase = {
  name: '@google/genai for Vertex AI',
  provider: 'vertex',
  basePath: '',
  key: { region: 'us-central1', upstreamOrganization: 'acme-prod' },
  wires,
  open: (keylease) => toCalls(new GoogleGenAI(keylease.vertex({ project: 'acme-prod', location: 'us-central1' }))),
}
