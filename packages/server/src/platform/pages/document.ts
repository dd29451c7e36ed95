import { type Html, html, trustHtml } from './html'

interface Page {
  title: string
  style: string
  script: string
  nonce: string
  body: Html
}

/** A page that asks for nothing else: its style and script travel with it under its nonce. */
export function renderDocument({ title, style, script: code, nonce, body }: Page): string {
  return html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title><meta name="color-scheme" content="dark light"><link rel="icon" href="${icon}">
<style nonce="${nonce}">${trustHtml(style)}</style>${code !== '' && html`<script nonce="${nonce}">${trustHtml(code)}</script>`}</head>
<body><div class="hairline"></div>${body}</body></html>
`.html
}

const drawing = `<defs><linearGradient id="mark" x2="1" y2="1"><stop stop-color="#0ea5e9"/><stop offset="1" stop-color="#8b5cf6"/></linearGradient></defs>
  <circle cx="16" cy="16" r="13" fill="none" stroke="url(#mark)" stroke-width="3.5" stroke-linecap="round" stroke-dasharray="62 20"
  transform="rotate(-90 16 16)"/><circle cx="16" cy="13.5" r="4" fill="url(#mark)"/><path d="M14 15h4l1 8h-6z" fill="url(#mark)"/>`
/** The key in its ring. */
export const mark = html`<svg viewBox="0 0 32 32" aria-hidden="true">${trustHtml(drawing)}</svg>`
const icon = `data:image/svg+xml,${encodeURIComponent(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">${drawing}</svg>`)}`
