import { mark, renderDocument } from '../../platform/pages/document'
import { type Html, html } from '../../platform/pages/html'
import { theme } from '../../platform/pages/theme'
import { formScript, formStyle } from './page-style'

interface Field {
  name: string
  label: string
  type: 'text' | 'email' | 'password'
  autocomplete: string
  hint?: string
}

interface FormPage {
  title: string
  lead: string
  /** Where the form is sent, as JSON with the token of the link. */
  endpoint: string
  fields: Field[]
  button: string
  success: string
}

const name: Field = { name: 'name', label: 'Name', type: 'text', autocomplete: 'name' }
const email: Field = { name: 'email', label: 'E-mail', type: 'email', autocomplete: 'username' }
const password: Field = {
  name: 'password',
  label: 'Password',
  type: 'password',
  autocomplete: 'new-password',
  hint: '12 or more characters, and not the e-mail address.',
}

/** Until there is a dashboard, and for the first minute of it: one form, one link, nothing else. */
export const renderWelcome = (nonce: string) =>
  renderForm(nonce, {
    title: 'Welcome to Keylease',
    lead: 'You hold the link that makes the first Owner. It is good once, for 24 hours.',
    endpoint: '/api/v1/owner',
    fields: [name, email, password],
    button: 'Become the Owner',
    success: 'You are the Owner. Sign in with this e-mail address and password.',
  })

export const renderInvite = (nonce: string) =>
  renderForm(nonce, {
    title: 'Join on Keylease',
    lead: 'You are invited. If you have an account here, sign in first and leave both fields empty.',
    endpoint: '/api/v1/invitations/accept',
    fields: [name, password],
    button: 'Accept the invitation',
    success: 'You are a member now. Sign in with the address that was invited.',
  })

export const renderReset = (nonce: string) =>
  renderForm(nonce, {
    title: 'Choose a new password',
    lead: 'Every session of yours ends when it is set.',
    endpoint: '/api/auth/reset-password',
    fields: [{ ...password, name: 'newPassword', label: 'New password' }],
    button: 'Set the password',
    success: 'The password is set. Sign in with it.',
  })

function renderForm(nonce: string, { title, lead, endpoint, fields, button, success }: FormPage): string {
  const body = html`<main class="form-page"><div class="brand">${mark}Keylease</div>
    <h1>${title}</h1><p class="lead">${lead}</p>
    <form id="form" method="post" data-endpoint="${endpoint}" data-success="${success}">
      ${fields.includes(email) ? false : hiddenName}${fields.map(renderField)}
      <button type="submit" class="primary">${button}</button>
      <p id="outcome" class="outcome" role="status"></p>
    </form>
    <noscript><p>This page sends its form with JavaScript. Switch it on, or send the same fields to <code>${endpoint}</code>.</p></noscript></main>`
  return renderDocument({ title: `${title} · Keylease`, style: theme + formStyle, script: formScript, nonce, body })
}

/** Password managers look for it beside a password; the link knows whose it is. */
const hiddenName = html`<input type="text" autocomplete="username" hidden>`

function renderField({ name: id, label, type, autocomplete, hint }: Field): Html {
  const described = hint ? html` aria-describedby="${id}-hint"` : false
  return html`<div class="field"><label for="${id}">${label}</label>
    <input id="${id}" name="${id}" type="${type}" autocomplete="${autocomplete}"${described}>
    ${hint ? html`<p class="hint" id="${id}-hint">${hint}</p>` : false}</div>`
}
