/** JSON values as source text; what fits on a line stays on one. */
interface Dialect {
  word(value: boolean | null): string
  text(value: string): string
  key(name: string): string
  indent: string
  lastComma: ',' | ''
  pad: ' ' | ''
}

const typescript: Dialect = {
  word: String,
  text: quoteSingle,
  key: (name) => (/^[A-Za-z_]\w*$/.test(name) ? name : quoteSingle(name)),
  indent: '  ',
  lastComma: ',',
  pad: ' ',
}
const python: Dialect = {
  word: (value) => (value === null ? 'None' : value ? 'True' : 'False'),
  text: (value) => JSON.stringify(value),
  key: (name) => JSON.stringify(name),
  indent: '    ',
  lastComma: ',',
  pad: '',
}
const json: Dialect = {
  word: String,
  text: (value) => JSON.stringify(value),
  key: (name) => JSON.stringify(name),
  indent: '  ',
  lastComma: '',
  pad: ' ',
}

export const toTypescript = (value: unknown, depth = 0) => write(value, typescript, depth)
export const toPython = (value: unknown, depth = 0) => write(value, python, depth)
export const toJson = (value: unknown) => write(value, json, 0)

function write(value: unknown, dialect: Dialect, depth: number): string {
  if (value === null || value === undefined) return dialect.word(null)
  if (typeof value === 'boolean') return dialect.word(value)
  if (typeof value === 'string') return dialect.text(value)
  if (typeof value !== 'object') return String(value)
  const list = Array.isArray(value)
  const parts = list
    ? value.map((item) => write(item, dialect, depth + 1))
    : Object.entries(value).map(([name, item]) => `${dialect.key(name)}: ${write(item, dialect, depth + 1)}`)
  return wrap(parts, list ? ['[', ']'] : ['{', '}'], dialect, depth)
}

function wrap(parts: string[], [open, close]: [string, string], dialect: Dialect, depth: number): string {
  const line = parts.join(', ')
  const pad = open === '{' ? dialect.pad : ''
  if (parts.length === 0) return open + close
  if (line.length <= 44 && !line.includes('\n')) return open + pad + line + pad + close
  const inner = `\n${dialect.indent.repeat(depth + 1)}`
  return `${open}${inner}${parts.join(`,${inner}`)}${dialect.lastComma}\n${dialect.indent.repeat(depth)}${close}`
}

function quoteSingle(text: string): string {
  return `'${JSON.stringify(text).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")}'`
}
