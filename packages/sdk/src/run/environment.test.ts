import { expect, test } from 'vitest'
import { readArguments } from './arguments'
import { makeEnvironment } from './environment'

const offers = [
  { provider: 'openai', baseUrl: 'https://api.openai.com/v1' },
  { provider: 'anthropic', baseUrl: 'https://api.anthropic.com' },
  { provider: 'google', baseUrl: 'https://generativelanguage.googleapis.com' },
  { provider: 'groq', baseUrl: 'https://api.groq.com/openai/v1' },
  { provider: 'cohere', baseUrl: 'https://api.cohere.com' },
  { provider: 'alpha-vantage', baseUrl: 'https://www.alphavantage.co' },
]

test('a program finds what the clients of its providers read, and not the token of its agent', () => {
  const outer = { HOME: '/home/x', KEYLEASE_TOKEN: 'kl_live_x', OPENAI_API_KEY: 'sk-real', NO_PROXY: 'internal' }
  expect(makeEnvironment(outer, 'http://127.0.0.1:1', 'T', offers)).toEqual({
    HOME: '/home/x',
    OPENAI_API_KEY: 'T',
    OPENAI_BASE_URL: 'http://127.0.0.1:1/openai/v1',
    ANTHROPIC_API_KEY: 'T',
    ANTHROPIC_BASE_URL: 'http://127.0.0.1:1/anthropic',
    GEMINI_API_KEY: 'T',
    GOOGLE_API_KEY: 'T',
    GOOGLE_GEMINI_BASE_URL: 'http://127.0.0.1:1/google',
    GROQ_API_KEY: 'T',
    GROQ_BASE_URL: 'http://127.0.0.1:1/groq',
    CO_API_KEY: 'T',
    COHERE_API_KEY: 'T',
    CO_API_URL: 'http://127.0.0.1:1/cohere',
    ALPHA_VANTAGE_API_KEY: 'T',
    ALPHA_VANTAGE_BASE_URL: 'http://127.0.0.1:1/alpha-vantage',
    NO_PROXY: 'internal,127.0.0.1',
    no_proxy: '127.0.0.1',
  })
})

test.each([
  [['run', '--', 'python', 'agent.py', '--', '-x'], { providers: [], command: 'python', arguments: ['agent.py', '--', '-x'] }],
  [['run', '--provider', 'openai', '--provider=groq', '--', 'x'], { providers: ['openai', 'groq'], command: 'x', arguments: [] }],
  [['run', 'python'], null],
  [['run', '--'], null],
  [['run', '--provider', '--', 'x'], null],
  [['run', '--model', 'x', '--', 'y'], null],
  [['walk', '--', 'x'], null],
  [[], null],
])('%j', (given, read) => {
  expect(readArguments(given)).toEqual(read)
})
