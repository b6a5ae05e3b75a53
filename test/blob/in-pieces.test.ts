import { describe, expect, it } from 'vitest'
import { inPieces } from '../../src/blob/in-pieces.ts'

const text = (chunks: readonly Uint8Array[]): string => Buffer.concat(chunks).toString()
const later = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

describe('inPieces', () => {
  it('hands over what came while the last piece was taken, one piece at a time', async () => {
    const taken: string[] = []
    let under = 0
    async function* source() {
      for (const word of ['a', 'b', 'c', 'd']) yield Buffer.from(word)
    }
    await inPieces(source(), async (chunks) => {
      under += 1
      expect(under).toBe(1)
      await later()
      taken.push(text(chunks))
      under -= 1
    })
    expect(taken).toEqual(['a', 'bcd'])
  })

  it('holds nothing back while a client is slow', async () => {
    const taken: string[] = []
    async function* source() {
      for (const word of ['a', 'b']) yield Buffer.from(word)
      while (taken.join('') !== 'ab') await later()
      yield Buffer.from('c')
    }
    await inPieces(source(), async (chunks) => {
      taken.push(text(chunks))
    })
    expect(taken.join('')).toBe('abc')
  })

  it('gathers no more than about a piece', async () => {
    const chunk = Buffer.alloc(256 * 1024)
    const sizes: number[] = []
    async function* source() {
      for (let count = 0; count < 40; count += 1) yield chunk
    }
    await inPieces(source(), async (chunks) => {
      await later()
      sizes.push(Buffer.concat(chunks).length)
    })
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(40 * chunk.length)
    expect(Math.max(...sizes)).toBeLessThanOrEqual(1024 * 1024)
  })

  it('hands over what came before the source failed, and tells its failure', async () => {
    const taken: string[] = []
    async function* source() {
      yield Buffer.from('a')
      yield Buffer.from('b')
      throw new Error('aborted')
    }
    const handing = inPieces(source(), async (chunks) => {
      await later()
      taken.push(text(chunks))
    })
    await expect(handing).rejects.toThrow('aborted')
    expect(taken.join('')).toBe('ab')
  })

  it('asks for no more when a piece could not be taken, and tells why', async () => {
    let asked = 0
    async function* source() {
      for (;;) {
        asked += 1
        yield Buffer.alloc(1024 * 1024)
      }
    }
    const handing = inPieces(source(), () => Promise.reject(new Error('full')))
    await expect(handing).rejects.toThrow('full')
    expect(asked).toBeLessThan(5)
  })
})
