import { describe, expect, it } from 'vitest'
import { ResponseReader } from '../../scripts/bench/http/response-reader.ts'
import { LargeBlob, MEBIBYTE } from '../../scripts/bench/large-blob.ts'
import { median, percentile } from '../../scripts/bench/statistics.ts'

/** Reads a response that comes in pieces of so many bytes; undefined where it is not whole at the last one. */
function read(
  text: string,
  bytesOfPiece: number,
  isHead = false,
): { status: number; body: string } | undefined {
  const bytes = Buffer.from(text)
  const reader = new ResponseReader(isHead, undefined)
  for (let start = 0; start < bytes.length; start += bytesOfPiece) {
    const isWhole = reader.take(bytes.subarray(start, start + bytesOfPiece))
    if (isWhole) {
      expect(start + bytesOfPiece).toBeGreaterThanOrEqual(bytes.length)
      const { status, body } = reader.response()
      return { status, body: body.toString() }
    }
  }
  if (!reader.endsWithConnection) return undefined
  const { status, body } = reader.response()
  return { status, body: body.toString() }
}

describe('a response', () => {
  const chunked = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n'

  it.each([
    [
      'by its length',
      'HTTP/1.1 404 Not Found\r\ncontent-length: 5\r\n\r\nhello',
      { status: 404, body: 'hello' },
    ],
    ['without a body', 'HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n', { status: 201, body: '' }],
    [
      'by chunks',
      `${chunked}5\r\nhello\r\n7;a=b\r\n world!\r\n0\r\n\r\n`,
      { status: 200, body: 'hello world!' },
    ],
    [
      'by chunks, one of which ends as the last one does',
      `${chunked}5\r\n0\r\n\r\n\r\n3\r\nabc\r\n0\r\n\r\n`,
      { status: 200, body: '0\r\n\r\nabc' },
    ],
    [
      'by the end of the connection',
      'HTTP/1.0 200 OK\r\nServer: x\r\n\r\nhello',
      { status: 200, body: 'hello' },
    ],
  ])('is read %s, in pieces of any size', (_, text, expected) => {
    for (let size = 1; size <= text.length; size += 1) expect(read(text, size)).toEqual(expected)
  })

  it('has no body when HEAD was asked', () => {
    const text = 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n'
    expect(read(text, text.length, true)).toEqual({ status: 200, body: '' })
  })

  it.each(['HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell', `${chunked}5\r\nhello\r\n`])(
    'that is cut off is not whole: %j',
    (text) => {
      for (let size = 1; size <= text.length; size += 1) expect(read(text, size)).toBeUndefined()
    },
  )

  it('longer than it says is refused', () => {
    expect(() => read('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nabc', 100)).toThrow('more than its answer')
  })
})

describe('a large blob', () => {
  const blob = new LargeBlob(2)
  const bytes = Buffer.concat([...blob.pieces()])

  function compare(pulled: Buffer): boolean {
    const { sink, isWhole } = blob.comparing()
    for (let start = 0; start < pulled.length; start += 300_007) sink(pulled.subarray(start, start + 300_007))
    return isWhole()
  }

  it('is recognised by its bytes', () => {
    expect(compare(bytes)).toBe(true)
    expect(compare(bytes.subarray(0, -1))).toBe(false)
  })

  it.each([0, MEBIBYTE - 1, MEBIBYTE, 2 * MEBIBYTE - 1])('is not, with another byte at %i', (offset) => {
    const other = Buffer.from(bytes)
    other[offset] = (other[offset] as number) ^ 1
    expect(() => compare(other)).toThrow('Other bytes')
  })

  it('differs from any other', () => {
    expect(new LargeBlob(2).digest).not.toBe(blob.digest)
  })
})

it('takes the middle of values, and what a share of them does not exceed', () => {
  expect(median([3, 1, 2])).toBe(2)
  expect(median([4, 1, 3, 2])).toBe(2.5)
  const hundred = Array.from({ length: 100 }, (_, index) => 100 - index)
  expect(percentile(50, hundred)).toBe(50)
  expect(percentile(99, hundred)).toBe(99)
  expect(percentile(99, [7])).toBe(7)
})
