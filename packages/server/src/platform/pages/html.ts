/** Text that is already HTML: made by `html` or by `trustHtml` alone. */
export interface Html {
  readonly html: string
}

export type HtmlValue = Html | string | number | false | null | undefined | readonly HtmlValue[]

/** A template whose values are escaped, unless they are HTML themselves. */
export function html(strings: TemplateStringsArray, ...values: readonly HtmlValue[]): Html {
  return { html: strings.reduce((text, part, index) => text + toText(values[index - 1]) + part) }
}

/** For text of our own source files: the style and the script. */
export const trustHtml = (text: string): Html => ({ html: text })

function toText(value: HtmlValue): string {
  if (value === false || value === null || value === undefined) return ''
  if (typeof value === 'string' || typeof value === 'number') return escapeHtml(String(value))
  return 'html' in value ? value.html : value.map(toText).join('')
}

const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }

const escapeHtml = (text: string) => text.replace(/[&<>"']/g, (character) => entities[character] ?? '')
