import { readdirSync } from 'node:fs'
import { expect, test } from 'vitest'
import { fixtureCases, readFixture, toGolden } from './fixtures/fixture-cases'

test.each(fixtureCases)('$name: $fixture.about', ({ fixture }) => {
  expect(readFixture(fixture).map(toGolden)).toEqual(fixture.calls)
})

test('every dialect has what it reads on record', () => {
  const recorded = new Set(fixtureCases.map(({ dialect }) => dialect))
  const written = readdirSync(import.meta.dirname).filter((file) =>
    /^(?:gen-ai|open.*|vercel-ai|litellm|pydantic-ai|google-adk|lang.*|sentry|claude-code|codex|gemini-cli|coding-agents)\.ts$/.test(file),
  )
  expect(written.map((file) => file.replace('.ts', '')).filter((name) => !recorded.has(name))).toEqual([])
})

test('no content of any dialect gets into a call', () => {
  const text = JSON.stringify(fixtureCases.flatMap(({ fixture }) => readFixture(fixture).map(toGolden)))
  for (const words of ['secret words', 'sunny', '"role"', 'hello']) expect(text).not.toContain(words)
})
