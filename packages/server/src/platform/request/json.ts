import { visit } from 'jsonc-parser'
import { AppError } from '../errors'
import { isShowableName } from './field-name'

const maximumDepth = 32
const maximumValues = 20_000

interface Place {
  line: number
  column: number
}

/** JSON.parse, and beside it a walk over the text that refuses what JSON.parse would quietly change or drop. */
export function parseStrictJson(text: string): unknown {
  checkText(text)
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw refuse('The body is not well-formed JSON: only spaces, tabs and line breaks may stand between its parts', undefined, cause)
  }
}

function checkText(text: string): void {
  const openKeys: Set<string>[] = []
  let depth = 0
  let values = 0

  const count = (place: Place) => {
    values += 1
    if (values > maximumValues) throw refuse(`The body holds more than ${maximumValues} values`, place)
  }
  const enter = (place: Place) => {
    count(place)
    depth += 1
    if (depth > maximumDepth) throw refuse(`The body is nested deeper than ${maximumDepth} levels`, place)
  }

  visit(
    text,
    {
      onObjectBegin: (_offset, _length, line, column) => {
        enter({ line, column })
        openKeys.push(new Set())
      },
      onObjectProperty: (key, _offset, _length, line, column) => checkKey(key, openKeys.at(-1), { line, column }),
      onObjectEnd: () => {
        depth -= 1
        openKeys.pop()
      },
      onArrayBegin: (_offset, _length, line, column) => enter({ line, column }),
      onArrayEnd: () => {
        depth -= 1
      },
      onLiteralValue: (value: unknown, offset, length, line, column) => {
        count({ line, column })
        if (typeof value === 'string') checkString(value, 'A string', { line, column })
        if (typeof value === 'number') checkNumber(value, text.slice(offset, offset + length), { line, column })
      },
      onError: (_code, _offset, _length, line, column) => {
        throw refuse('The body is not well-formed JSON', { line, column })
      },
    },
    { disallowComments: true },
  )
}

function checkKey(key: string, siblings: Set<string> | undefined, place: Place): void {
  checkString(key, 'A key', place)
  if (key === '__proto__') throw refuse('The key "__proto__" is not allowed', place)
  if (siblings?.has(key)) throw refuse(`${isShowableName(key) ? `The key "${key}"` : 'A key'} appears twice in one object`, place)
  siblings?.add(key)
}

function checkString(value: string, what: 'A key' | 'A string', place: Place): void {
  if (value.includes('\0')) throw refuse(`${what} holds a NUL character`, place)
  if (!value.isWellFormed()) throw refuse(`${what} holds half of a surrogate pair`, place)
}

function checkNumber(value: number, literal: string, place: Place): void {
  if (!Number.isFinite(value)) throw refuse('A number is too large', place)
  if (/^-?\d+$/.test(literal) && !Number.isSafeInteger(value)) {
    throw refuse('An integer is beyond 2^53 and would lose digits; send it as a string', place)
  }
}

function refuse(problem: string, place?: Place, cause?: unknown): AppError {
  const where = place ? ` (line ${place.line + 1}, column ${place.column + 1})` : ''
  return new AppError('invalid_json', { message: `${problem}${where}.`, cause })
}
