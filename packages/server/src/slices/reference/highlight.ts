import { type Html, html } from '../../platform/pages/html'

const tokens = new RegExp(
  [
    /(?<key>"[^"\n]*"(?=:))/,
    /(?<text>"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|`(?:\\.|[^`\\])*`)/,
    /(?<flag>(?<=\s)--?[A-Za-z][\w-]*)/,
    /(?<word>\b(?:const|await|if|throw|new|import|from|with|as|print|curl|true|false|null|None|True|False)\b)/,
    /(?<number>\b\d+(?:\.\d+)?\b)/,
  ]
    .map((pattern) => pattern.source)
    .join('|'),
  'g',
)

/** Source text with its tokens marked; one small grammar serves JSON, the shell, TypeScript and Python. */
export function highlight(source: string): Html {
  const parts: Html[] = []
  let end = 0
  for (const match of source.matchAll(tokens)) {
    const kind = Object.entries(match.groups ?? {}).find(([, text]) => text !== undefined)?.[0] ?? 'text'
    parts.push(html`${source.slice(end, match.index)}<span class="is-${kind}">${match[0]}</span>`)
    end = match.index + match[0].length
  }
  return html`${parts}${source.slice(end)}`
}
