import type { Endpoint } from '@keylease/shared/contracts/endpoint'
import { type Html, html } from '../../platform/pages/html'
import { facts } from './introduction'
import { renderMethod } from './operation'

/** The list of everything on the page: beside it on wide screens, behind a button on narrow ones. */
export function renderNavigation(groups: readonly { name: string; endpoints: readonly Endpoint[] }[]): Html {
  return html`<nav id="navigation" class="navigation" popover aria-label="Contents">
    <div class="filter needs-script"><label class="visually-hidden" for="filter">Filter the contents</label>
      <input id="filter" type="search" placeholder="Filter" autocomplete="off" spellcheck="false" aria-keyshortcuts="/"><kbd aria-hidden="true">/</kbd></div>
    <p class="outcome" id="outcome" role="status" hidden></p>
    ${renderGroup('Basics', [renderLink('introduction', 'Introduction'), ...facts.map(({ id, title }) => renderLink(id, title)), renderLink('errors', 'Errors')])}
    ${groups.map(({ name, endpoints }) => renderGroup(name, endpoints.map(renderOperationLink)))}
    ${renderGroup('Tables', [renderLink('permissions', 'Permissions'), renderLink('error-codes', 'Error codes')])}
  </nav>`
}

const renderGroup = (name: string, links: readonly Html[]) => html`<div data-group><h2>${name}</h2><ul>${links}</ul></div>`

const renderLink = (id: string, title: string) => html`<li data-search="${title.toLowerCase()}"><a href="#${id}">${title}</a></li>`

function renderOperationLink(endpoint: Endpoint): Html {
  const search = [endpoint.method, endpoint.path, endpoint.summary, endpoint.id].join(' ').toLowerCase()
  return html`<li data-search="${search}"><a href="#${endpoint.id}"><span>${endpoint.summary}</span>${renderMethod(endpoint)}</a></li>`
}
