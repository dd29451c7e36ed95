import { describe, expect, test } from 'vitest'
import { AppError } from '../../platform/errors'
import { type Admission, createAdmission } from './admission'

const megabyte = 1024 * 1024

function setUp(limits = { bytes: 16 * megabyte, requests: 8 }) {
  let ms = 0
  const admission = createAdmission({ now: () => new Date(ms), monotonicMs: () => ms }, limits)
  const advance = (by: number) => {
    ms += by
  }
  return { admission, advance }
}

const fill = (admission: Admission, organizationId: string, bytes: number) => {
  const places = []
  for (;;) {
    try {
      places.push(admission.enter(organizationId, bytes))
    } catch (error) {
      expect(error).toMatchObject({ code: 'overloaded' })
      return places
    }
  }
}

describe('what is taken in at once', () => {
  test('is bounded in bytes and in requests, and what leaves makes room', () => {
    const { admission } = setUp()
    const places = fill(admission, 'a', 4 * megabyte)
    expect(places).toHaveLength(4)
    places[0]?.leave()
    expect(fill(admission, 'a', 4 * megabyte)).toHaveLength(1)
    expect(fill(setUp().admission, 'a', 0)).toHaveLength(8)
  })

  test('counts a body by what it inflates to, and refuses the one that goes too far', () => {
    const { admission } = setUp()
    const place = admission.enter('a', 0)
    place.grow(15 * megabyte)
    place.grow(megabyte)
    expect(() => admission.enter('a', 2 * megabyte)).toThrow(AppError)
    expect(() => place.grow(17 * megabyte)).toThrow(AppError)
    place.leave()
    expect(fill(admission, 'a', 8 * megabyte)).toHaveLength(2)
  })

  test('is at most half of one organization while another is here', () => {
    const { admission } = setUp()
    const other = admission.enter('b', megabyte)
    const places = fill(admission, 'a', 2 * megabyte)
    expect(places).toHaveLength(4)
    other.leave()
    for (const place of places) place.leave()
    expect(fill(admission, 'a', 2 * megabyte)).toHaveLength(8)
  })

  test('leaves room to one that was turned away, until it would have come back', () => {
    const { admission, advance } = setUp()
    const places = fill(admission, 'a', 2 * megabyte)
    expect(() => admission.enter('b', megabyte)).toThrow(AppError)
    places.pop()?.leave()
    expect(() => admission.enter('a', 2 * megabyte)).toThrow(AppError)
    advance(4_000)
    admission.enter('b', megabyte).leave()
    advance(5_001)
    expect(fill(admission, 'a', 2 * megabyte)).toHaveLength(1)
  })

  test('is refused with a time after which exporters still try again', () => {
    const { admission } = setUp({ bytes: megabyte, requests: 1 })
    admission.enter('a', 0)
    for (let i = 0; i < 50; i++) {
      const refused = (() => {
        try {
          admission.enter('a', 0)
        } catch (error) {
          return error
        }
        return null
      })()
      expect(refused).toBeInstanceOf(AppError)
      expect((refused as AppError).retryAfterSeconds).toBeGreaterThanOrEqual(1)
      expect((refused as AppError).retryAfterSeconds).toBeLessThanOrEqual(5)
    }
  })
})
