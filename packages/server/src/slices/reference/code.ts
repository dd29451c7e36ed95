import type { Endpoint } from '@keylease/shared/contracts/endpoint'
import { type Html, html } from '../../platform/pages/html'
import { highlight } from './highlight'
import { toJson } from './literals'
import { createSnippets } from './snippets'

const languages = [
  { id: 'curl', name: 'curl' },
  { id: 'typescript', name: 'TypeScript' },
  { id: 'python', name: 'Python' },
] as const

const copyButton = (what: string) => html`<button type="button" class="copy needs-script" aria-label="Copy ${what}">Copy</button>`

/** One block of code that scrolls inside itself and can be reached by keyboard. */
export function renderCode(source: string, label: string): Html {
  return html`<pre tabindex="0" role="group" aria-label="${label}"><code>${highlight(source)}</code></pre>`
}

export function renderCodePanel(title: Html | string, source: string, label: string): Html {
  return html`<div class="panel"><div class="panel-bar"><span class="label">${title}</span>${copyButton(label)}</div>${renderCode(source, label)}</div>`
}

/** The request in each language: tabs where scripts run, one below the other where they do not. */
export function renderSnippets(endpoint: Endpoint, url: string): Html {
  const snippets = createSnippets(endpoint, { url })
  const tabs = languages.map(
    ({ id, name }, index) => html`<button type="button" role="tab" id="${endpoint.id}-${id}-tab" aria-controls="${endpoint.id}-${id}"
      aria-selected="${index === 0 ? 'true' : 'false'}" data-language="${id}">${name}</button>`,
  )
  const panels = languages.map(
    ({
      id,
      name,
    }) => html`<div class="snippet" role="tabpanel" id="${endpoint.id}-${id}" aria-labelledby="${endpoint.id}-${id}-tab" data-language="${id}">
      <h4>${name}</h4>${renderCode(snippets[id], `${endpoint.summary} in ${name}`)}</div>`,
  )
  return html`<div class="panel"><div class="panel-bar needs-script"><div role="tablist" aria-label="Language of the request">${tabs}</div>
    ${copyButton(`the request: ${endpoint.summary}`)}</div>${panels}</div>`
}

/** What comes back, per status that is not an error. */
export function renderAnswers({ summary, response, example }: Endpoint): Html[] {
  const answers: [number, unknown][] = [[response.status, example.response]]
  if (response.otherwise) answers.push([response.otherwise.status, response.otherwise.example])
  return answers.map(([status, body]) =>
    body === undefined
      ? html`<div class="panel"><div class="panel-bar"><span class="label">${renderStatusCode(status)} The answer has no body.</span></div></div>`
      : renderCodePanel(
          html`${renderStatusCode(status)} Answer`,
          typeof body === 'string' ? body : toJson(body),
          `the answer ${status}: ${summary}`,
        ),
  )
}

export const renderStatusCode = (status: number) => html`<span class="status status-${Math.floor(status / 100)}">${status}</span>`
