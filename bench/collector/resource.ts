import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import type { TracerProviderOptions } from '../../tests/contract/node_modules/@opentelemetry/sdk-trace/dist/index.mjs'

type Resource = NonNullable<TracerProviderOptions['resource']>

/** Its package can be named only by those that depend on it, as the SDK of OpenTelemetry does. */
const own = createRequire(
  createRequire(fileURLToPath(new URL('../../tests/contract/package.json', import.meta.url))).resolve('@opentelemetry/sdk-trace'),
)('@opentelemetry/resources') as { resourceFromAttributes(attributes: Record<string, string>): Resource }

export const createResource = (attributes: Record<string, string>): Resource => own.resourceFromAttributes(attributes)
