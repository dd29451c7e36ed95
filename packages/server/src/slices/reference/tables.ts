import { permissions, permissionTable, type Role, roles } from '@keylease/shared/contracts/permissions'
import { type Html, html } from '../../platform/pages/html'
import { renderStatusCode } from './code'
import { allRefusals } from './refusals'

/** Every permission, and which roles and scopes hold it. */
export function renderPermissionTable(): Html {
  const rows = permissions.map((permission) => {
    const { roles: holders, scope, description } = permissionTable[permission]
    return html`<tr><th scope="row"><code>${permission}</code></th><td>${description}</td><td><span class="chip">${scope}</span></td>
      ${roles.map((role) => html`<td>${renderHeld(holders, role)}</td>`)}</tr>`
  })
  return html`<section class="part" id="permissions" aria-labelledby="permissions-title"><div class="prose">
    <h2 id="permissions-title">Permissions</h2>
    <p class="lead">A platform key holds what its scopes hold: admin includes write, and write includes read. A person holds what their role holds.</p></div>
    <div class="wide-table" tabindex="0" role="group" aria-label="Permissions by scope and role"><table>
      <thead><tr><th scope="col">Permission</th><th scope="col">Allows to</th><th scope="col">Key scope</th>${roles.map((role) => html`<th scope="col">${role}</th>`)}</tr></thead>
      <tbody>${rows}</tbody></table></div></section>`
}

function renderHeld(holders: readonly Role[], role: Role): Html {
  return holders.includes(role) ? html`<span class="yes">yes</span>` : html`<span class="no">no</span>`
}

/** Every error code, what it means and whether trying again can help. */
export function renderErrorTable(): Html {
  const rows = allRefusals.map(
    ({
      code,
      status,
      message,
      retryable,
    }) => html`<tr role="row" id="error-${code}"><th role="rowheader" scope="row"><code>${code}</code></th>
      <td role="cell">${renderStatusCode(status)}</td><td role="cell">${message}</td><td role="cell" class="advice">${retryable ? 'Try again' : 'Change the request'}</td></tr>`,
  )
  return html`<section class="part" id="error-codes" aria-labelledby="error-codes-title"><div class="prose">
    <h2 id="error-codes-title">Error codes</h2>
    <p class="lead">Branch on the code, never on the message: messages may become clearer, codes stay.</p></div>
    <div class="wide-table errors-table"><table role="table">
      <thead role="rowgroup"><tr role="row"><th role="columnheader" scope="col">Code</th><th role="columnheader" scope="col">Status</th>
        <th role="columnheader" scope="col">Meaning</th><th role="columnheader" scope="col">What helps</th></tr></thead>
      <tbody role="rowgroup">${rows}</tbody></table></div></section>`
}
