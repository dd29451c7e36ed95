import { type Html, html } from '../../platform/pages/html'
import { renderCodePanel } from './code'
import { toJson } from './literals'
import { createErrorExample } from './refusals'

/** What Keylease is and what holds for every operation. */
export function renderIntroduction(url: string): Html {
  return html`<section class="part" id="introduction" aria-labelledby="introduction-title">
    <div class="columns">
      <div class="prose">
        <h1 id="introduction-title">Keylease API</h1>
        <p class="lead">Keylease gives every agent a short-lived, scoped lease on a provider key instead of the key itself, enforces its budget
          before the money is spent, and shows what every token cost.</p>
        <p>This page is made from the contracts that the service itself checks, and every snippet on it runs in its tests.
          The same as a document for programs: <a href="/api/openapi.json">OpenAPI 3.1</a>.</p>
      </div>
      <div class="aside">${renderCodePanel('First call', firstCall(url), 'the first call')}</div>
    </div>
    <div class="facts">${facts.map(renderFact)}</div>
  </section>
  <section class="part" id="errors" aria-labelledby="errors-title"><div class="columns">
    <div class="prose"><h2 id="errors-title">Errors</h2>
      <p>Every error has the same shape. Its <code>code</code> is one line of the <a href="#error-codes">table of codes</a>, its <code>message</code> says
        what was wrong and what to do, and its <code>requestId</code> finds the request in the log; <code>details</code>, where present, name each field.</p>
      <p>Something that belongs to another organization is <code>not_found</code>, exactly as if it did not exist.</p></div>
    <div class="aside">${renderCodePanel('An error', toJson(errorExample), 'an error')}</div></div></section>`
}

const errorExample = createErrorExample({
  code: 'invalid_request',
  status: 400,
  retryable: false,
  message: 'The request is not valid: name is required.',
})

const firstCall = (url: string) =>
  [
    `export KEYLEASE_URL=${url.replace(/[^\w.:/[\]-]/g, '')}`,
    'export KEYLEASE_TOKEN=…',
    '',
    'curl -sS "$KEYLEASE_URL/api/v1/projects" \\',
    '  -H "Authorization: Bearer $KEYLEASE_TOKEN"',
  ].join('\n')

interface Fact {
  id: string
  title: string
  text: Html
}

const renderFact = ({ id, title, text }: Fact) =>
  html`<section id="${id}" aria-labelledby="${id}-title"><h2 id="${id}-title">${title}</h2><p>${text}</p></section>`

/** Also the first entries of the navigation. */
export const facts: readonly Fact[] = [
  {
    id: 'authentication',
    title: 'Authentication',
    text: html`Send <code>Authorization: Bearer …</code> with a platform key, or with the value of <code>KEYLEASE_BOOTSTRAP_TOKEN</code>,
      which acts as Owner of the first organization. Each operation names the permission that it needs.`,
  },
  {
    id: 'pagination',
    title: 'Lists',
    text: html`A list takes <code>limit</code> and <code>cursor</code> and answers <code>items</code>, <code>nextCursor</code> and <code>total</code>,
      which is exact to 10,000. Send <code>nextCursor</code> back as <code>cursor</code> until it is null.`,
  },
  {
    id: 'idempotency',
    title: 'Safe retries',
    text: html`Give a request that changes something an <code>Idempotency-Key</code>. For 24 hours a repeat gets the first answer, marked
      <code>Idempotency-Replayed: true</code>, and changes nothing.`,
  },
  {
    id: 'rate-limits',
    title: 'Rate limits',
    text: html`Every caller has a bucket per kind of request. <code>RateLimit-Limit</code>, <code>RateLimit-Remaining</code> and
      <code>RateLimit-Reset</code> tell how full it is; after a 429 wait for <code>Retry-After</code> seconds.`,
  },
  {
    id: 'money',
    title: 'Money',
    text: html`A field whose name ends in <code>Nanos</code> is a decimal string of nano-dollars: <code>"1000000000"</code> is one US dollar.
      Keep it a string or a big integer; a float loses cents.`,
  },
  {
    id: 'times',
    title: 'Times and ids',
    text: html`Times are RFC 3339 in UTC, as in <code>2026-11-21T10:00:00.000Z</code>. Ids are text: a prefix that says what they name, and
      26 characters that sort by age.`,
  },
]
