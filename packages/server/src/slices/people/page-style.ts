export const formStyle = `
.form-page { display: grid; gap: 16px; max-width: 440px; margin: 0 auto; padding: 12vh 24px 64px; }
.form-page h1 { font-size: 32px; font-weight: 700; }
form { display: grid; gap: 20px; margin-top: 16px; padding: 24px; border: 1px solid var(--line); border-radius: var(--radius); background: var(--surface); }
.field { display: grid; gap: 4px; }
.field label { color: var(--text); font-weight: 600; }
.field input { width: 100%; height: 44px; padding: 0 12px; border: 1px solid var(--line-strong); border-radius: var(--radius); background: var(--page); color: var(--text); font: inherit; }
.hint { color: var(--muted); font-size: 12px; }
.primary { min-height: 44px; padding: 0 16px; border: 0; border-radius: var(--radius); background: #0369a1; color: #ffffff; font-weight: 600; transition: background var(--curve); }
.primary:hover { background: #075985; }
.primary[disabled] { opacity: 0.6; cursor: progress; }
.outcome:empty { display: none; }
.outcome { padding: 12px; border-radius: var(--radius); background: var(--error-tint); color: var(--error); }
.outcome[data-done] { background: var(--success-tint); color: var(--success); }
`

/** Sends the form as JSON with the token of the link, which leaves the address bar at once. */
export const formScript = `
document.addEventListener('DOMContentLoaded', () => {
  const form = document.getElementById('form')
  const outcome = document.getElementById('outcome')
  const button = form.querySelector('button')
  const token = new URLSearchParams(location.search).get('token') ?? ''
  history.replaceState(null, '', location.pathname)
  const say = (text, done) => { outcome.textContent = text; outcome.toggleAttribute('data-done', done) }
  form.addEventListener('submit', async (event) => {
    event.preventDefault()
    button.disabled = true
    const filled = [...new FormData(form)].filter(([, value]) => value !== '')
    try {
      const response = await fetch(form.dataset.endpoint, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ token, ...Object.fromEntries(filled) }),
      })
      const answer = await response.json()
      if (response.ok) {
        say(form.dataset.success, true)
        form.reset()
      } else say(answer.error.message, false)
    } catch {
      say('The service does not answer. Try again in a moment.', false)
    }
    button.disabled = false
  })
})
`
