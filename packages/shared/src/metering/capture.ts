/**
 * What the scanner keeps of JSON that passes by. A path names members by `.` and any element of an array by `[]`, from the root of
 * a body or of one stream event: `choices[].delta.content`. A root array counts as a sequence of events.
 *
 * first, last: the value itself, up to 16 KiB of it, parsed; the first or the last one that is not null.
 * characters: how many characters the strings at the path hold in all. values: how often each short string occurs there.
 * count: how often anything but null occurs there.
 */
export interface Capture {
  path: string
  keep: 'first' | 'last' | 'characters' | 'values' | 'count'
}

/** By the names of the captures: a value, a number of characters, counts by string, or a count. Absent: it never occurred. */
export type Captured = Readonly<Record<string, unknown>>
