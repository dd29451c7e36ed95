import { endpoints } from '@keylease/shared/contracts/registry'
import { getOpenapi, getReference } from '@keylease/shared/contracts/system'
import type { Context } from 'hono'
import type { Deps } from '../../deps'
import { type Env, handleRaw, nonceOf, type Route } from '../../platform/http'
import { version } from '../../version'
import { createOpenapi } from './openapi'
import { renderReference } from './page'

export const referenceRoutes = (deps: Deps): Route[] => [
  handleRaw(getOpenapi, (c) => c.json(createOpenapi(endpoints, { version, url: urlOf(deps, c) }))),
  handleRaw(getReference, (c) => c.html(renderReference(endpoints, { version, url: urlOf(deps, c), nonce: nonceOf(c) }))),
]

/** The address by which the caller reached us, unless the operator named a public one. */
const urlOf = (deps: Deps, c: Context<Env>) => deps.env.publicUrl?.origin ?? new URL(c.req.url).origin
