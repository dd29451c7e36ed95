import type { Endpoint } from '@keylease/shared/contracts/endpoint'
import { type Html, html } from '../../platform/pages/html'
import { describeAccess } from './access'
import { renderAnswers, renderCode, renderSnippets, renderStatusCode } from './code'
import { describeField, type Field, listFields } from './fields'
import { toJson } from './literals'
import { idempotencyKey, listParameters, type Parameter, stepUpToken } from './parameters'
import { createErrorExample, groupByStatus, listRefusals, type Refusal, takesIdempotencyKey } from './refusals'
import { toJsonSchema } from './schemas'

/** One operation: what it is on the left, how it looks on the wire beside it. */
export function renderOperation(endpoint: Endpoint, url: string): Html {
  return html`<section class="part" id="${endpoint.id}" aria-labelledby="${endpoint.id}-title">
    <div class="columns">
      <div class="prose">
        <div class="title"><h3 id="${endpoint.id}-title">${endpoint.summary}</h3>
          <a class="anchor" href="#${endpoint.id}" aria-label="Link to ${endpoint.summary}">#</a></div>
        <p class="target">${renderMethod(endpoint)}<code>${renderPath(endpoint.path)}</code></p>
        ${endpoint.description && html`<p>${endpoint.description}</p>`}
        ${renderAccess(endpoint)}
        ${renderRequestFields(endpoint)}
        ${renderAnswerFields(endpoint)}
        ${renderRefusals(endpoint)}
      </div>
      <div class="aside">${renderSnippets(endpoint, url)}${renderAnswers(endpoint)}</div>
    </div>
  </section>`
}

export const renderMethod = ({ method }: Endpoint) => html`<span class="method method-${method.toLowerCase()}">${method}</span>`

function renderPath(path: string): Html[] {
  return path.split(/(\{\w+\})/).map((part) => (part.startsWith('{') ? html`<var>${part}</var>` : html`${part}`))
}

function renderAccess(endpoint: Endpoint): Html {
  const { permission } = describeAccess(endpoint)
  const chips = (texts: readonly string[]) => texts.map((text) => html`<span class="chip">${text}</span>`)
  return html`<dl class="access">
    ${
      permission
        ? html`<dt>Permission</dt><dd><a class="chip chip-key" href="#permissions">${permission.permission}</a></dd>
          <dt>Key scope</dt><dd>${chips([permission.scope])}</dd>
          <dt>Roles</dt><dd>${chips(permission.roles)}</dd>`
        : html`<dt>Permission</dt><dd>None: no credential is needed.</dd>`
    }
    ${endpoint.audit !== 'none' && html`<dt>Audit entry</dt><dd>${chips([endpoint.audit])}</dd>`}
  </dl>`
}

function renderRequestFields(endpoint: Endpoint): Html[] {
  const parameters = listParameters(endpoint)
  const fieldsOf = (place: Parameter['in']) =>
    parameters
      .filter((parameter) => parameter.in === place)
      .flatMap(({ name, required, schema, description }) => describeField(name, required, schema, description))
  const headers = [...(takesIdempotencyKey(endpoint) ? [idempotencyKey] : []), ...(endpoint.stepUp ? [stepUpToken] : [])]
  const { body } = endpoint.request
  return [
    renderFields('Path', '', fieldsOf('path')),
    renderFields('Query', '', fieldsOf('query')),
    renderFields(
      'Header',
      '',
      headers.flatMap(({ name, required, schema, description }) => describeField(name, required, schema, description)),
    ),
    renderFields('Body', 'application/json', body ? listFields(toJsonSchema(body, 'input')) : []),
  ]
}

function renderAnswerFields({ response }: Endpoint): Html {
  const fields = response.schema ? listFields(toJsonSchema(response.schema, 'output')) : []
  return renderFields('Answer', response.contentType ?? 'application/json', fields, false)
}

function renderFields(title: string, note: string, fields: readonly Field[], isRequest = true): Html {
  if (fields.length === 0) return html``
  return html`<div class="fields"><table role="table"><caption>${title} <small>${note}</small></caption>
    <thead role="rowgroup"><tr role="row"><th role="columnheader" scope="col">Field</th><th role="columnheader" scope="col">Type</th>
      <th role="columnheader" scope="col">Meaning</th></tr></thead>
    <tbody role="rowgroup">${fields.map((field) => renderField(field, isRequest))}</tbody></table></div>`
}

function renderField(field: Field, isRequest: boolean): Html {
  const needed = field.required ? html`<small class="required">required</small>` : html`<small>optional</small>`
  return html`<tr role="row" class="depth-${Math.min(field.depth, 3)}">
    <th role="rowheader" scope="row"><code>${field.name}</code>${isRequest && needed}</th>
    <td role="cell">${field.type}</td>
    <td role="cell">${field.description && html`<p>${field.description}</p>`}
      ${field.constraints.length > 0 && html`<small>${field.constraints.join('; ')}</small>`}
      ${isRequest && field.defaultValue !== null && html`<small>default <code>${field.defaultValue}</code></small>`}</td></tr>`
}

function renderRefusals(endpoint: Endpoint): Html {
  const refusals = listRefusals(endpoint)
  const groups = groupByStatus(refusals).map(
    ([
      status,
      group,
    ]) => html`<details class="refusal"><summary>${renderStatusCode(status)}${group.map(({ code }) => html`<code>${code}</code>`)}</summary>
      <div class="prose">${group.map(({ message }) => html`<p>${message}</p>`)}${renderErrorExample(endpoint, group)}</div></details>`,
  )
  return html`<details class="refusals"><summary>Errors <small>${refusals.length} codes</small></summary>${groups}</details>`
}

function renderErrorExample({ summary }: Endpoint, [first]: readonly Refusal[]): Html {
  if (!first) return html``
  return html`<div class="panel">${renderCode(toJson(createErrorExample(first)), `error ${first.code}: ${summary}`)}</div>`
}
