import { claudeCode } from './claude-code'
import { codex } from './codex'
import { codingAgents } from './coding-agents'
import type { Dialect, LogDialect } from './dialect'
import { geminiCli } from './gemini-cli'
import { conventions } from './gen-ai'
import { googleAdk } from './google-adk'
import { langfuse } from './langfuse'
import { langsmith } from './langsmith'
import { litellm } from './litellm'
import { openinference } from './openinference'
import { openllmetry } from './openllmetry'
import { pydanticAi } from './pydantic-ai'
import { sentry } from './sentry'
import { vercelAi } from './vercel-ai'

/** The first whose scope fits reads a span, else the first that finds an attribute of its own. */
export const dialects: readonly Dialect[] = [
  openllmetry,
  openinference,
  vercelAi,
  litellm,
  pydanticAi,
  googleAdk,
  langsmith,
  langfuse,
  sentry,
  codingAgents,
  conventions,
]

export const logDialects: readonly LogDialect[] = [claudeCode, codex, geminiCli]
