import type { Endpoint } from '@keylease/shared/contracts/endpoint'
import { tags } from '@keylease/shared/contracts/registry'
import { mark, renderDocument } from '../../platform/pages/document'
import { type Html, html } from '../../platform/pages/html'
import { theme } from '../../platform/pages/theme'
import { renderIntroduction } from './introduction'
import { renderNavigation } from './navigation'
import { renderOperation } from './operation'
import { script } from './script'
import { layoutStyle, operationStyle } from './style'
import { renderErrorTable, renderPermissionTable } from './tables'

export interface ReferenceOptions {
  version: string
  url: string
  nonce: string
}

/** The reference as one page that asks for nothing else. */
export function renderReference(endpoints: readonly Endpoint[], { version, url, nonce }: ReferenceOptions): string {
  const groups = tags
    .map((tag) => ({ ...tag, endpoints: endpoints.filter((endpoint) => endpoint.tag === tag.name) }))
    .filter((group) => group.endpoints.length > 0)
  const body = html`<a class="skip" href="#content">Skip to the content</a>
    ${renderBar(version)}
    ${renderNavigation(groups)}
    <main id="content" tabindex="-1">
      ${renderIntroduction(url)}
      ${groups.map(
        ({ name, description, endpoints: members }) => html`<section aria-labelledby="tag-${name}">
          <div class="group-head"><h2 id="tag-${name}">${name}</h2><p class="lead">${description}</p></div>
          ${members.map((endpoint) => renderOperation(endpoint, url))}</section>`,
      )}
      ${renderPermissionTable()}
      ${renderErrorTable()}
    </main>
    <footer><span>Keylease ${version}</span><a href="/api/openapi.json">OpenAPI 3.1</a></footer>
    <div class="visually-hidden" id="announcement" role="status"></div>`
  return renderDocument({ title: 'Keylease API reference', style: theme + layoutStyle + operationStyle, script, nonce, body })
}

function renderBar(version: string): Html {
  return html`<header class="bar">
    <button type="button" class="control menu" popovertarget="navigation" aria-label="Contents">${menuIcon}</button>
    <a class="brand" href="#introduction">${mark}Keylease</a><span class="version">${version}</span><span class="space"></span>
    <a class="control wide" href="/api/openapi.json">OpenAPI 3.1</a>
    <button type="button" class="control needs-script" id="theme" aria-label="Change the theme">${themeIcon}</button>
  </header>`
}

/** What a browser gets while the service is sealed. */
export function renderStatus({ reason, nonce }: { reason: string; nonce: string }): string {
  const body = html`<main class="status-page"><div class="brand">${mark}Keylease</div>
    <h1>The service is sealed</h1>
    <p class="reason"><span class="chip">sealed</span> ${reason}</p>
    <p>Sealed means that Keylease runs without a usable root key. It can decrypt nothing, so it issues no leases, answers no requests and changes
      nothing. Everything stored is intact.</p>
    <h2>What to do</h2>
    <ol><li>Put the root key of this database back: the file that <code>KEYLEASE_ROOT_KEY_FILE</code> names, or <code>root.key</code> in the data directory.</li>
      <li>Start the service again.</li>
      <li>Look at <a href="/readyz"><code>/readyz</code></a>: it says <code>ready</code>, or what is still missing.</li></ol>
    <p>Do not create a new root key for this database: what the old one sealed stays closed without it.</p></main>`
  return renderDocument({ title: 'Keylease is sealed', style: theme + statusStyle, script: '', nonce, body })
}

const statusStyle = `
.status-page { display: grid; gap: 16px; max-width: 640px; margin: 0 auto; padding: 12vh 24px 64px; }
h1 { font-size: 32px; font-weight: 700; }
h2 { font-size: 18px; margin-top: 16px; }
main .brand { margin-bottom: 16px; }
.reason { padding: 16px; border: 1px solid var(--line); border-left: 3px solid var(--warning); border-radius: var(--radius); background: var(--surface); color: var(--text); font-size: 16px; }
.reason .chip { margin-right: 8px; padding: 4px 8px; border-radius: 4px; background: var(--warning-tint); color: var(--warning); font: 600 12px var(--mono); }
ol { padding-left: 20px; color: var(--soft); }
li + li { margin-top: 8px; }
li code { padding: 2px 4px; border-radius: 4px; background: var(--raised); }
`

const menuIcon = html`<svg viewBox="0 0 20 20" fill="none" stroke="currentColor" stroke-width="1.75" stroke-linecap="round" aria-hidden="true"><path d="M3 6h14M3 10h14M3 14h9"/></svg>`
const themeIcon = html`<svg viewBox="0 0 20 20" fill="none" stroke="currentColor" stroke-width="1.75" aria-hidden="true"><circle cx="10" cy="10" r="7"/>
  <path d="M10 3a7 7 0 0 1 0 14z" fill="currentColor" stroke="none"/></svg>`
